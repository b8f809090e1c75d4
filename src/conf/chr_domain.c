/* Character devices as part of a domain; see chr_domain.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "conf/chr_domain.h"

#include <string.h>
#include <sys/un.h>

#include "util/error.h"
#include "util/i18n.h"

/* --- ports ---------------------------------------------------------------- */

/* A port without a number gets the one after the highest. */
bool
domain_chr_complete(DomainDef *def, gpointer device, const DomainParseContext *context,
                    GError **error)
{
    DomainChrDef *chr = device;
    const GPtrArray *ports =
        chr->device == DOMAIN_CHR_DEVICE_SERIAL ? def->serials : def->parallels;
    int highest = -1;

    if (chr->target_port >= 0)
        return true;
    for (guint i = 0; i < ports->len; i++) {
        const DomainChrDef *other = g_ptr_array_index(ports, i);

        highest = MAX(highest, other->target_port);
    }
    if (highest == G_MAXINT)
        return virtxl_error_set(error, VIR_ERR_XML_ERROR, _("domain '%s': no %s port is left"),
                                def->name, domain_chr_device_names[chr->device]);
    chr->target_port = highest + 1;
    return true;
}

/* --- consoles ------------------------------------------------------------- */

static DomainChrDef *
new_with_source(DomainChrDevice device, const DomainChrSourceDef *source)
{
    DomainChrDef *def = domain_chr_def_new(device);

    domain_chr_source_free(def->source);
    def->source = domain_chr_source_copy(source);
    return def;
}

/* What a console is that doesn't say. */
static void
set_default_targets(const DomainDef *def)
{
    for (guint i = 0; i < def->consoles->len; i++) {
        DomainChrDef *console = g_ptr_array_index(def->consoles, i);

        if (console->console_target == DOMAIN_CHR_CONSOLE_NONE)
            console->console_target = def->os.type == DOMAIN_OS_TYPE_HVM ? DOMAIN_CHR_CONSOLE_SERIAL
                                                                         : DOMAIN_CHR_CONSOLE_XEN;
    }
}

static DomainChrDef *
first(const GPtrArray *devices)
{
    return devices->len > 0 ? g_ptr_array_index(devices, 0) : NULL;
}

static bool
is_serial_console(const DomainChrDef *console)
{
    return console && console->console_target == DOMAIN_CHR_CONSOLE_SERIAL;
}

static bool
is_isa_serial(const DomainChrDef *serial)
{
    return serial && (!serial->target_type || strcmp(serial->target_type, "isa-serial") == 0);
}

/* A fully virtualised guest's first console is its first serial port under
 * another name. What is said of one holds for both; where both are there, the
 * port decides. */
static void
pair_with_serial(DomainDef *def)
{
    DomainChrDef *console = first(def->consoles);
    DomainChrDef *serial = first(def->serials);

    if (is_serial_console(console) && !serial) {
        serial = new_with_source(DOMAIN_CHR_DEVICE_SERIAL, console->source);
        serial->target_port = 0;
        g_ptr_array_add(def->serials, serial);
    } else if (is_serial_console(console)) {
        domain_chr_source_free(console->source);
        console->source = domain_chr_source_copy(serial->source);
    } else if (is_isa_serial(serial)) {
        console = new_with_source(DOMAIN_CHR_DEVICE_CONSOLE, serial->source);
        console->console_target = DOMAIN_CHR_CONSOLE_SERIAL;
        g_ptr_array_insert(def->consoles, 0, console);
    }
}

/* Every other guest has a console. */
static void
add_console(DomainDef *def)
{
    DomainChrDef *console;

    if (def->consoles->len > 0)
        return;
    console = domain_chr_def_new(DOMAIN_CHR_DEVICE_CONSOLE);
    console->console_target = DOMAIN_CHR_CONSOLE_XEN;
    g_ptr_array_add(def->consoles, console);
}

static bool
check_consoles(const DomainDef *def, GError **error)
{
    for (guint i = 1; i < def->consoles->len; i++) {
        if (is_serial_console(g_ptr_array_index(def->consoles, i)))
            return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                    _("domain '%s': Only the first console can be a serial port"),
                                    def->name);
    }
    return true;
}

static void
number_consoles(DomainDef *def)
{
    const DomainChrDef *serial = first(def->serials);
    DomainChrDef *console = first(def->consoles);

    for (guint i = 0; i < def->consoles->len; i++)
        ((DomainChrDef *)g_ptr_array_index(def->consoles, i))->target_port = (int)i;
    if (def->os.type == DOMAIN_OS_TYPE_HVM && is_serial_console(console))
        console->target_port = serial->target_port;
}

bool
domain_chr_imply_consoles(DomainDef *def, const DomainParseContext *context, GError **error)
{
    set_default_targets(def);
    if (!check_consoles(def, error))
        return false;
    if (def->os.type == DOMAIN_OS_TYPE_HVM)
        pair_with_serial(def);
    else
        add_console(def);
    number_consoles(def);
    return true;
}

/* --- validation ----------------------------------------------------------- */

/* Anything else could break out of the option string that libxl makes of it, or
 * of a directory. */
static bool
is_safe(const char *text, const char *unsafe)
{
    for (; *text; text++) {
        if (g_ascii_isspace(*text) || g_ascii_iscntrl(*text) || strchr(unsafe, *text))
            return false;
    }
    return true;
}

/* The guest finds the channel by its name, as a file in /dev/xen-channel. */
static bool
validate_channel_name(const DomainDef *def, const DomainChrDef *channel, GError **error)
{
    const char *name = channel->target_name;

    if (!name || !*name)
        return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                _("domain '%s': a channel's <target> needs a name"), def->name);
    if (strlen(name) > DOMAIN_CHANNEL_NAME_MAX)
        return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                _("domain '%s': channel name '%s' is longer than %d bytes"),
                                def->name, name, DOMAIN_CHANNEL_NAME_MAX);
    if (!is_safe(name, "/,'\"") || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                _("domain '%s': channel name '%s' can't have a slash, comma, "
                                  "quote, white space or control character, or be '.' or '..'"),
                                def->name, name);
    for (guint i = 0; i < def->channels->len; i++) {
        const DomainChrDef *other = g_ptr_array_index(def->channels, i);

        if (other == channel)
            return true;
        if (g_strcmp0(other->target_name, name) == 0)
            return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                    _("domain '%s': two channels are named '%s'"), def->name, name);
    }
    return true;
}

static bool
validate_socket_path(const DomainDef *def, const DomainChrSourceDef *source, GError **error)
{
    const gsize limit = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;

    if (source->type == DOMAIN_CHR_SOURCE_UNIX && source->path && strlen(source->path) > limit)
        return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                _("domain '%s': socket path '%s' is longer than %zu bytes"),
                                def->name, source->path, limit);
    return true;
}

/* A comma in it would add an option to the device model's channel. */
static bool
validate_channel_path(const DomainDef *def, const DomainChrSourceDef *source, GError **error)
{
    if (source->path && (!*source->path || !is_safe(source->path, ",'\"")))
        return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                _("domain '%s': path '%s' of a channel is empty, or has a comma, "
                                  "quote, white space or control character"),
                                def->name, source->path);
    /* The device model's working directory is not ours. */
    if (source->type == DOMAIN_CHR_SOURCE_UNIX && source->path && *source->path != '/')
        return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                _("domain '%s': path '%s' of a channel is not absolute"), def->name,
                                source->path);
    return true;
}

bool
domain_chr_validate(const DomainDef *def, gconstpointer device, GError **error)
{
    const DomainChrDef *chr = device;

    if (!domain_chr_source_check(chr, error) || !validate_socket_path(def, chr->source, error))
        return false;
    if (chr->device != DOMAIN_CHR_DEVICE_CHANNEL)
        return true;
    if (!validate_channel_path(def, chr->source, error))
        return false;
    return chr->channel_target == DOMAIN_CHR_CHANNEL_GUESTFWD ||
           validate_channel_name(def, chr, error);
}
