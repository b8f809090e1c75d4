/* Video cards: <video>; see video_conf.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "conf/video_conf.h"

#include "conf/conf_xml_tools.h"
#include "conf/domain_conf.h"
#include "util/error.h"
#include "util/i18n.h"

ConfNames domain_video_type_names = {
    "default",   "vga",    "cirrus", "vmvga", "xen",   "vbox",  "qxl",
    "parallels", "virtio", "gop",    "none",  "bochs", "ramfb", NULL,
};

static const ConfXmlOrder model_order[] = {{"acceleration"}, {"resolution"}, {NULL}};
static const ConfXmlOrder video_order[] = {
    {"driver"}, {"model", model_order}, {"alias"}, {"rom"}, {"acpi"}, {"address"}, {NULL}};

/* <model>'s sizes, in KiB. */
static const struct {
    const char *name;
    gsize offset; /* in DomainVideoDef */
    bool qxl_only;
} sizes[] = {
    {"ram", offsetof(DomainVideoDef, ram), true},
    {"vram", offsetof(DomainVideoDef, vram), false},
    {"vram64", offsetof(DomainVideoDef, vram64), true},
    {"vgamem", offsetof(DomainVideoDef, vgamem), true},
};

#define HEADS_DEFAULT 1

DomainVideoDef *
domain_video_def_new(void)
{
    DomainVideoDef *def = g_new0(DomainVideoDef, 1);

    def->heads = HEADS_DEFAULT;
    return def;
}

void
domain_video_def_free(DomainVideoDef *def)
{
    if (!def)
        return;
    domain_device_info_clear(&def->info);
    g_free(def->rendernode);
    g_free(def);
}

/* --- parsing -------------------------------------------------------------- */

static bool
parse_number(xmlNode *model, const char *name, unsigned *number, bool *present, virErrorNumber code,
             GError **error)
{
    g_autofree char *text = conf_xml_attr(model, name);
    guint64 value;

    *present = text != NULL;
    if (!text)
        return true;
    if (!conf_parse_uint64(text, &value) || value > G_MAXUINT)
        return virtxl_error_set(error, code, _("cannot parse video %s '%s'"), name, text);
    *number = (unsigned)value;
    return true;
}

static bool
parse_sizes(DomainVideoDef *def, xmlNode *model, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        unsigned *size = G_STRUCT_MEMBER_P(def, sizes[i].offset);
        bool present;

        if (!parse_number(model, sizes[i].name, size, &present, VIR_ERR_XML_ERROR, error))
            return false;
        if (present && sizes[i].qxl_only && def->type != DOMAIN_VIDEO_QXL)
            return virtxl_error_set(
                error, VIR_ERR_CONFIG_UNSUPPORTED,
                _("%s attribute only supported for video type qxl, not for '%s'"), sizes[i].name,
                domain_video_type_names[def->type]);
    }
    return true;
}

static bool
parse_acceleration(DomainVideoDef *def, xmlNode *node, GError **error)
{
    if (!node)
        return true;
    def->acceleration = true;
    def->rendernode = conf_xml_attr(node, "rendernode");
    if (!conf_xml_attr_yes_no(node, "accel3d", &def->accel3d, error) ||
        !conf_xml_attr_yes_no(node, "accel2d", &def->accel2d, error))
        return false;
    if (!node->properties)
        return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                _("missing values for acceleration of video '%s'"),
                                domain_video_type_names[def->type]);
    return true;
}

static bool
parse_model(DomainVideoDef *def, xmlNode *model, GError **error)
{
    g_autofree char *type = conf_xml_attr(model, "type");
    g_autofree char *primary = conf_xml_attr(model, "primary");
    int number = type ? conf_names_find(domain_video_type_names, type) : DOMAIN_VIDEO_DEFAULT;
    bool present;

    if (number < 0)
        return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED, _("unknown video model '%s'"),
                                type);
    def->type = (DomainVideoType)number;
    /* anything but yes is no, as in libvirt */
    def->primary = g_strcmp0(primary, "yes") == 0;
    if (!parse_sizes(def, model, error) ||
        !parse_number(model, "heads", &def->heads, &present, VIR_ERR_INTERNAL_ERROR, error))
        return false;
    /* libvirt lets 0 pass and leaves it out, which then means 1 */
    def->heads = MAX(def->heads, HEADS_DEFAULT);
    return parse_acceleration(def, conf_xml_child(model, "acceleration"), error);
}

DomainVideoDef *
domain_video_def_parse(xmlNode *node, const DomainParseContext *context, GError **error)
{
    g_autoptr(DomainVideoDef) def = domain_video_def_new();
    xmlNode *model = conf_xml_child(node, "model");

    if ((model && !parse_model(def, model, error)) ||
        !domain_device_info_parse(&def->info, node, context, error))
        return NULL;
    return g_steal_pointer(&def);
}

/* --- formatting ----------------------------------------------------------- */

static void
format_acceleration(const DomainVideoDef *def, xmlNode *model)
{
    xmlNode *node;

    if (!def->acceleration)
        return;
    node = conf_xml_add(model, "acceleration");
    conf_xml_set_yes_no(node, "accel3d", def->accel3d);
    conf_xml_set_yes_no(node, "accel2d", def->accel2d);
    conf_xml_set(node, "rendernode", def->rendernode);
}

static void
format_model(const DomainVideoDef *def, xmlNode *video)
{
    xmlNode *model = conf_xml_add(video, "model");

    conf_xml_set(model, "type", domain_video_type_names[def->type]);
    if (def->type == DOMAIN_VIDEO_NONE)
        return;
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        unsigned size = G_STRUCT_MEMBER(unsigned, def, sizes[i].offset);

        if (size > 0)
            conf_xml_setf(model, sizes[i].name, "%u", size);
    }
    if (def->heads > 0)
        conf_xml_setf(model, "heads", "%u", def->heads);
    if (def->primary)
        conf_xml_set(model, "primary", "yes");
    format_acceleration(def, model);
}

void
domain_video_def_format(const DomainVideoDef *def, xmlNode *devices, unsigned flags)
{
    xmlNode *video = conf_xml_add(devices, "video");

    format_model(def, video);
    domain_device_info_format(&def->info, video, video_order, flags);
}

/* --- in a domain ---------------------------------------------------------- */

void
domain_video_insert(GPtrArray *videos, gpointer video)
{
    const DomainVideoDef *def = video;
    const DomainVideoDef *first = videos->len > 0 ? g_ptr_array_index(videos, 0) : NULL;

    /* a second primary one is refused at define, and stays where it is on disk */
    g_ptr_array_insert(videos, def->primary && !(first && first->primary) ? 0 : -1, video);
}

#define MIB 1024

/* What libvirt gives to all, and what its Xen driver gives to HVM guests
 * first; KiB. */
static const struct {
    unsigned ram, vram, hvm_vram;
} default_sizes[] = {
    [DOMAIN_VIDEO_VGA] = {0, 16 * MIB, 16 * MIB},
    [DOMAIN_VIDEO_CIRRUS] = {0, 16 * MIB, 8 * MIB},
    [DOMAIN_VIDEO_VMVGA] = {0, 16 * MIB, 16 * MIB},
    [DOMAIN_VIDEO_XEN] = {0, 4 * MIB, 16 * MIB},
    [DOMAIN_VIDEO_QXL] = {64 * MIB, 64 * MIB, 128 * MIB},
    [DOMAIN_VIDEO_BOCHS] = {0, 16 * MIB, 16 * MIB},
    [DOMAIN_VIDEO_RAMFB] = {0, 0, 0},
};

static unsigned
round_up_to_power_of_two(unsigned number)
{
    unsigned power = 1;

    while (power < number && power <= G_MAXUINT / 2)
        power *= 2;
    return number == 0 ? 0 : power;
}

static void
complete_sizes(DomainVideoDef *video, bool is_hvm)
{
    if (video->ram == 0)
        video->ram = default_sizes[video->type].ram;
    if (video->vram == 0)
        video->vram =
            is_hvm ? default_sizes[video->type].hvm_vram : default_sizes[video->type].vram;
    video->ram = round_up_to_power_of_two(video->ram);
    video->vram = round_up_to_power_of_two(video->vram);
}

bool
domain_video_complete(DomainDef *def, gpointer data,
                      const DomainParseContext *context G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
    DomainVideoDef *video = data;

    if (video->type == DOMAIN_VIDEO_DEFAULT)
        video->type = domain_def_is_pv(def) ? DOMAIN_VIDEO_XEN : DOMAIN_VIDEO_CIRRUS;
    complete_sizes(video, def->os.type == DOMAIN_OS_TYPE_HVM);
    if (g_ptr_array_index(def->videos, 0) == data)
        video->primary = true;
    return true;
}

bool
domain_video_imply(DomainDef *def, const DomainParseContext *context, GError **error)
{
    DomainVideoDef *video;

    if (def->graphics->len == 0 || def->videos->len > 0)
        return true;
    video = domain_video_def_new();
    g_ptr_array_add(def->videos, video);
    return domain_video_complete(def, video, context, error);
}

bool
domain_video_validate(const DomainDef *def, gconstpointer data, GError **error)
{
    const DomainVideoDef *video = data;

    if (video->rendernode)
        return virtxl_error_set(
            error, VIR_ERR_CONFIG_UNSUPPORTED,
            _("unsupported rendernode accel attribute '%s' without 'vhostuser'"),
            video->rendernode);
    if (video->type == DOMAIN_VIDEO_NONE && def->videos->len > 1)
        return virtxl_error_set(
            error, VIR_ERR_CONFIG_UNSUPPORTED,
            _("a 'none' video type must be the only video device defined for the domain"));
    return true;
}

bool
domain_videos_validate(const DomainDef *def, GError **error)
{
    guint n_primary = 0;

    for (guint i = 0; i < def->videos->len; i++)
        n_primary += ((const DomainVideoDef *)g_ptr_array_index(def->videos, i))->primary;
    if (n_primary > 1)
        return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                _("Only one primary video device is supported, not %u"), n_primary);
    return true;
}
