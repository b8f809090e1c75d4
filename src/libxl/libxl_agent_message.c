/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "virtxl-driver"

#include "libxl/libxl_agent_message.h"

#include <limits.h>
#include <string.h>

#include "util/error.h"
#include "util/i18n.h"

/* --- JSON ------------------------------------------------------------------ */

/* An upper bound of the values in @text, without parsing it. */
static guint
count_values(const char *text, gsize size)
{
    bool in_string = false;
    guint n = 1;

    for (gsize i = 0; i < size; i++) {
        if (text[i] == '"')
            in_string = !in_string;
        else if (in_string && text[i] == '\\')
            i++;
        else if (!in_string && strchr("[{,:", text[i]))
            n++;
    }
    return n;
}

/* An object within our limits, or NULL. */
static json_object *
parse_object(const char *text, gsize size)
{
    json_tokener *tokener;
    json_object *object;

    if (size == 0 || size > INT_MAX || count_values(text, size) > LIBXL_AGENT_VALUES_MAX)
        return NULL;
    tokener = json_tokener_new_ex(LIBXL_AGENT_DEPTH_MAX);
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    object = json_tokener_parse_ex(tokener, text, (int)size);
    json_tokener_free(tokener);
    if (object && !json_object_is_type(object, json_type_object))
        g_clear_pointer(&object, json_object_put);
    return object;
}

/* --- commands ---------------------------------------------------------------- */

json_object *
libxl_agent_command_new(const char *name, json_object *arguments)
{
    json_object *command = json_object_new_object();

    json_object_object_add(command, "execute", json_object_new_string(name));
    if (arguments)
        json_object_object_add(command, "arguments", arguments);
    return command;
}

json_object *
libxl_agent_command_parse(const char *text, GError **error)
{
    json_object *command = parse_object(text, strlen(text));

    if (!command)
        virtxl_error_set(error, VIR_ERR_INVALID_ARG,
                         _("the command for the guest agent is not a JSON object: '%.200s'"), text);
    return command;
}

const char *
libxl_agent_command_get_name(json_object *command)
{
    json_object *name = NULL;

    return json_object_object_get_ex(command, "execute", &name) &&
                   json_object_is_type(name, json_type_string)
               ? json_object_get_string(name)
               : "?";
}

char *
libxl_agent_json_format(json_object *object)
{
    return g_strdup(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
                                                               JSON_C_TO_STRING_NOSLASHESCAPE));
}

char *
libxl_agent_command_format(json_object *command)
{
    g_autofree char *text = libxl_agent_json_format(command);

    return g_strconcat(text, "\n", NULL);
}

char *
libxl_agent_command_format_sync(guint32 id, bool delimited)
{
    return g_strdup_printf("%s{\"execute\":\"%s\",\"arguments\":{\"id\":%u}}\n",
                           delimited ? "\xff" : "",
                           delimited ? "guest-sync-delimited" : "guest-sync", id);
}

/* --- replies ----------------------------------------------------------------- */

void
libxl_agent_reply_clear(LibxlAgentReply *reply)
{
    g_clear_pointer(&reply->message, json_object_put);
    reply->value = NULL;
    reply->error = NULL;
}

bool
libxl_agent_reply_is_sync(const LibxlAgentReply *reply, guint32 id)
{
    return json_object_is_type(reply->value, json_type_int) &&
           json_object_get_int64(reply->value) == id;
}

static const char *
get_of_error(const LibxlAgentReply *reply, const char *key)
{
    json_object *text = NULL;

    return json_object_object_get_ex(reply->error, key, &text) &&
                   json_object_is_type(text, json_type_string)
               ? json_object_get_string(text)
               : NULL;
}

/* Agents say CommandNotFound of a command that they have and that is blocked, too; some
 * call that CommandDisabled. */
bool
libxl_agent_reply_is_unknown_command(const LibxlAgentReply *reply)
{
    static const char *const classes[] = {"CommandNotFound", "CommandDisabled", NULL};
    const char *class = reply->error ? get_of_error(reply, "class") : NULL;

    return class && g_strv_contains(classes, class);
}

const char *
libxl_agent_reply_get_complaint(const LibxlAgentReply *reply)
{
    const char *desc = get_of_error(reply, "desc");
    const char *class = get_of_error(reply, "class");

    if (desc && *desc)
        return desc;
    return class ? class : _("the guest agent gives no reason");
}

/* --- reading ----------------------------------------------------------------- */

void
libxl_agent_reader_init(LibxlAgentReader *reader)
{
    reader->bytes = g_byte_array_new();
    reader->searched = 0;
    reader->taken = 0;
}

void
libxl_agent_reader_clear(LibxlAgentReader *reader)
{
    g_clear_pointer(&reader->bytes, g_byte_array_unref);
}

void
libxl_agent_reader_reset(LibxlAgentReader *reader)
{
    g_byte_array_set_size(reader->bytes, 0);
    reader->searched = 0;
    reader->taken = 0;
}

bool
libxl_agent_reader_add(LibxlAgentReader *reader, const guint8 *data, gsize size)
{
    if (size > LIBXL_AGENT_REPLY_MAX - reader->taken)
        return false;
    reader->taken += size;
    g_byte_array_append(reader->bytes, data, (guint)size);
    return true;
}

/* Half of something else may be before the last 0xFF. */
static json_object *
parse_line(const guint8 *line, gsize size)
{
    const guint8 *delimiter = memrchr(line, 0xff, size);
    gsize skip = delimiter ? (gsize)(delimiter + 1 - line) : 0;

    return parse_object((const char *)line + skip, size - skip);
}

/* False if it is no reply. */
static bool
take_line(LibxlAgentReply *reply, const guint8 *line, gsize size)
{
    reply->message = parse_line(line, size);
    reply->value = NULL;
    reply->error = NULL;
    if (reply->message &&
        (json_object_object_get_ex(reply->message, "return", &reply->value) ||
         (json_object_object_get_ex(reply->message, "error", &reply->error) && reply->error)))
        return true;
    if (size > 0)
        g_debug("a guest agent says %" G_GSIZE_FORMAT " bytes that are no reply", size);
    libxl_agent_reply_clear(reply);
    return false;
}

bool
libxl_agent_reader_next(LibxlAgentReader *reader, LibxlAgentReply *reply)
{
    GByteArray *bytes = reader->bytes;
    gsize start = 0;
    bool found = false;

    while (!found) {
        const guint8 *from = bytes->data + MAX(start, reader->searched);
        const guint8 *end =
            bytes->len ? memchr(from, '\n', bytes->len - (gsize)(from - bytes->data)) : NULL;

        if (!end)
            break;
        found = take_line(reply, bytes->data + start, (gsize)(end - bytes->data) - start);
        start = (gsize)(end - bytes->data) + 1;
        reader->searched = 0;
    }
    if (start > 0)
        g_byte_array_remove_range(bytes, 0, (guint)start);
    reader->searched = found ? 0 : bytes->len;
    return found;
}
