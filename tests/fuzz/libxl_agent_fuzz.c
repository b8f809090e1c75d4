/* Whatever an agent says, in pieces of any size: replies are found or not, and each is read
 * as every kind of answer that there is.
 *
 * The first byte of the input is the size of the pieces.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/libxl_agent_message.h"
#include "libxl/libxl_agent_reply.h"
#include "libxl/libxl_agent_vcpus.h"
#include "libxl/libxl_params.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static const char *const targets[] = {"xvda", "xvdb", NULL};

static void
read_info(json_object *value, guint type)
{
    g_autoptr(GArray) params = libxl_params_new();

    libxl_agent_read_info(type, value, targets, params);
}

static void
read_value(json_object *value)
{
    g_autoptr(GPtrArray) infos = libxl_agent_read_fs_info(value, targets);
    g_autoptr(GPtrArray) interfaces = libxl_agent_read_interfaces(value);
    g_auto(GStrv) keys = libxl_agent_read_strings(value, "keys");
    LibxlAgentVcpus vcpus;

    g_assert(!infos || infos->len == json_object_array_length(value));
    g_assert(!interfaces || interfaces->len <= json_object_array_length(value));
    g_assert(!keys || json_object_is_type(value, json_type_object));
    for (guint type = 1; libxl_agent_info_command(type); type <<= 1)
        read_info(value, type);
    if (libxl_agent_vcpus_read(&vcpus, value)) {
        g_autofree char *text = libxl_vcpu_set_format(&vcpus.present);
        LibxlVcpuSet again;

        g_assert(*text == '\0' || libxl_vcpu_set_parse(&again, text, NULL));
    }
}

static void
read_reply(const LibxlAgentReply *reply)
{
    g_autofree char *text = libxl_agent_json_format(reply->message);

    g_assert(strchr(text, '\n') == NULL);
    libxl_agent_reply_is_sync(reply, 1);
    libxl_agent_reply_is_unknown_command(reply);
    if (reply->error)
        g_assert(libxl_agent_reply_get_complaint(reply) != NULL);
    read_value(reply->value);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    gsize piece = size > 0 ? data[0] + 1u : 1;
    LibxlAgentReader reader;

    libxl_agent_reader_init(&reader);
    for (gsize done = 1; done < size; done += piece) {
        g_auto(LibxlAgentReply) reply = {0};

        g_assert(libxl_agent_reader_add(&reader, data + done, MIN(piece, size - done)));
        while (libxl_agent_reader_next(&reader, &reply)) {
            read_reply(&reply);
            libxl_agent_reply_clear(&reply);
        }
    }
    libxl_agent_reader_clear(&reader);
    return 0;
}
