/* The domain definition; see domain_conf.h.
 *
 * Here: identity, memory, vcpus, and the document as a whole. The rest of a
 * definition is in os_conf.c (how the guest boots), guest_conf.c (its features and clock)
 * and in the device families, which domain_devices.c joins.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "conf/domain_conf.h"

#include <string.h>

#include "conf/cpuset_conf.h"
#include "conf/domain_conf_private.h"
#include "conf/domain_devices.h"
#include "conf/domain_repeats.h"
#include "conf/domain_shapes.h"
#include "util/error.h"
#include "util/i18n.h"
#include "util/uuid.h"

static const DomainParseDefaults no_defaults;

/* Types that libvirt knows, for hypervisors other than Xen. */
static ConfNames other_types = {
    "qemu",   "kqemu", "kvm",  "lxc",       "uml",   "openvz", "test", "vmware",
    "hyperv", "vbox",  "phyp", "parallels", "bhyve", "vz",     "hvf",  NULL,
};

/* Order of <domain>'s children, those that we don't model included. */
static const ConfXmlOrder domain_order[] = {
    {"name"},
    {"uuid"},
    {"hwuuid"},
    {"genid"},
    {"title"},
    {"description"},
    {"metadata"},
    {"maxMemory"},
    {"memory"},
    {"currentMemory"},
    {"blkiotune"},
    {"memtune"},
    {"memoryBacking"},
    {"vcpu"},
    {"vcpus"},
    {"iothreads"},
    {"iothreadids"},
    {"defaultiothread"},
    {"cputune", domain_cputune_order},
    {"numatune"},
    {"resource"},
    {"sysinfo"},
    {"bootloader"},
    {"bootloader_args"},
    {"os", domain_os_order},
    {"idmap"},
    {"features", domain_features_order},
    {"cpu"},
    {"clock"},
    {"on_poweroff"},
    {"on_reboot"},
    {"on_crash"},
    {"on_lockfailure"},
    {"pm"},
    {"perf"},
    {"devices", domain_devices_order},
    {"seclabel"},
    {"keywrap"},
    {"launchSecurity"},
    {NULL},
};

DomainDef *
domain_def_new(void)
{
    DomainDef *def = g_new0(DomainDef, 1);

    def->id = -1;
    def->vcpus = def->vcpus_max = 1;
    def->on_reboot = DOMAIN_LIFECYCLE_RESTART;
    domain_cputune_init(&def->cputune);
    domain_cpu_init(&def->cpu);
    for (const DomainDeviceFamily *family = domain_device_families; family->element; family++) {
        GPtrArray **devices = G_STRUCT_MEMBER_P(def, family->offset);

        *devices = g_ptr_array_new_with_free_func(family->free);
    }
    return def;
}

void
domain_def_free(DomainDef *def)
{
    if (!def)
        return;
    for (const DomainDeviceFamily *family = domain_device_families; family->element; family++)
        g_ptr_array_unref(domain_def_devices(def, family));
    domain_guest_clear(def);
    g_free(def->name);
    g_free(def->title);
    g_free(def->description);
    xmlFreeDoc(def->metadata);
    g_free(def->vcpu_cpuset);
    domain_cputune_clear(&def->cputune);
    g_free(def->emulator);
    conf_xml_kept_free(def->kept);
    g_free(def);
}

bool
domain_def_is_pv(const DomainDef *def)
{
    return def->os.type == DOMAIN_OS_TYPE_XEN || def->os.type == DOMAIN_OS_TYPE_LINUX;
}

/* --- parsing: identity ---------------------------------------------------- */

static bool
parse_uuid(DomainDef *def, xmlNode *domain, GError **error)
{
    g_autofree char *text = conf_xml_child_text(domain, "uuid");

    if (!text)
        uuid_generate(def->uuid);
    else if (!uuid_parse(text, def->uuid))
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR, _("malformed uuid element '%s'"),
                                text);
    return true;
}

/* <metadata> holds one element for each application, told apart by namespace. */
static void
tidy_metadata(xmlNode *metadata)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    xmlNode *next;

    for (xmlNode *child = metadata->children; child; child = next) {
        next = child->next;
        if (child->type != XML_ELEMENT_NODE || !child->ns || !child->ns->href ||
            !g_hash_table_add(seen, (char *)child->ns->href)) {
            xmlUnlinkNode(child);
            xmlFreeNode(child);
        }
    }
}

static void
parse_metadata(DomainDef *def, xmlNode *domain)
{
    xmlNode *node = conf_xml_child(domain, "metadata");

    if (!node)
        return;
    conf_xml_drop(node);
    def->metadata = xmlNewDoc((const xmlChar *)"1.0");
    xmlDocSetRootElement(def->metadata, xmlDocCopyNode(node, def->metadata, 1));
    tidy_metadata(conf_xml_root(def->metadata));
}

static bool
parse_id(DomainDef *def, xmlNode *domain, unsigned flags, GError **error)
{
    if (!(flags & DOMAIN_PARSE_INACTIVE))
        return conf_xml_attr_int(domain, "id", &def->id, NULL, VIR_ERR_XML_ERROR, error);
    conf_xml_drop_attr(domain, "id");
    return true;
}

static bool
parse_identity(DomainDef *def, xmlNode *domain, unsigned flags, GError **error)
{
    g_autofree char *type = conf_xml_attr(domain, "type");

    def->name = conf_xml_child_text(domain, "name");
    if (!def->name)
        return virtxl_error_set(error, VIR_ERR_NO_NAME, _("missing name information"));
    if (!type)
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("missing domain type attribute of domain '%s'"), def->name);
    if (strcmp(type, "xen") != 0)
        return virtxl_error_set(error,
                                conf_names_find(other_types, type) >= 0
                                    ? VIR_ERR_INVALID_ARG
                                    : VIR_ERR_CONFIG_UNSUPPORTED,
                                _("domain '%s' is of type '%s', not 'xen'"), def->name, type);
    def->title = conf_xml_child_text(domain, "title");
    def->description = conf_xml_child_text(domain, "description");
    parse_metadata(def, domain);
    return parse_id(def, domain, flags, error) && parse_uuid(def, domain, error);
}

/* --- parsing: memory and vcpus -------------------------------------------- */

static bool
parse_memory(DomainDef *def, xmlNode *domain, GError **error)
{
    xmlNode *memory = conf_xml_child(domain, "memory");
    xmlNode *current = conf_xml_child(domain, "currentMemory");

    if (memory && (!conf_xml_size_kib(memory, &def->memory_max, error) ||
                   !conf_xml_attr_on_off(memory, "dumpCore", &def->memory_dump_core, error)))
        return false;
    if (def->memory_max == 0)
        return virtxl_error_set(error, VIR_ERR_XML_ERROR,
                                _("Memory size of domain '%s' must be specified via <memory>"),
                                def->name);
    if (current && !conf_xml_size_kib(current, &def->memory, error))
        return false;
    if (def->memory == 0 || def->memory > def->memory_max)
        def->memory = def->memory_max;
    return true;
}

static bool
parse_cpuset(DomainDef *def, xmlNode *vcpu, GError **error)
{
    g_autofree char *text = conf_xml_attr(vcpu, "cpuset");

    if (!text || def->vcpu_placement_auto)
        return true;
    def->vcpu_cpuset = cpuset_tidy(text, error);
    return def->vcpu_cpuset != NULL;
}

static bool
parse_vcpu(DomainDef *def, xmlNode *domain, GError **error)
{
    static ConfNames placements = {"static", "auto", NULL};
    xmlNode *vcpu = conf_xml_child(domain, "vcpu");
    g_autofree char *text = NULL;
    guint64 count;
    int placement = 0;

    if (!vcpu)
        return true;
    text = conf_xml_text(vcpu);
    if (!text || !conf_parse_uint64(text, &count) || count > G_MAXUINT)
        return virtxl_error_set(error, VIR_ERR_XML_ERROR,
                                _("maximum vcpus count must be an integer, not '%s'"),
                                text ? text : "");
    def->vcpus = def->vcpus_max = (unsigned)count;
    if (!conf_xml_attr_uint(vcpu, "current", &def->vcpus, NULL, VIR_ERR_XML_ERROR, error))
        return false;
    if (def->vcpus > def->vcpus_max)
        return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                _("maximum vCPU count %u must not be less than current vCPU "
                                  "count %u"),
                                def->vcpus_max, def->vcpus);
    if (!conf_xml_attr_enum(vcpu, "placement", placements, &placement, VIR_ERR_XML_ERROR, error))
        return false;
    def->vcpu_placement_auto = placement == 1;
    return parse_cpuset(def, vcpu, error);
}

/* --- parsing: all of it --------------------------------------------------- */

static bool
parse_devices(DomainDef *def, xmlNode *domain, const DomainParseContext *context, GError **error)
{
    xmlNode *devices = conf_xml_child(domain, "devices");

    if (!devices)
        return true;
    def->emulator = conf_xml_child_text(devices, "emulator");
    return domain_devices_parse(def, devices, context, error);
}

DomainDef *
domain_def_parse_node(xmlNode *node, const DomainParseDefaults *defaults, unsigned flags,
                      GError **error)
{
    DomainParseContext context = {flags, defaults ? defaults : &no_defaults};
    g_autoptr(DomainDef) def = domain_def_new();

    if (!parse_identity(def, node, flags, error) ||
        (!(flags & DOMAIN_PARSE_COMPLETE) &&
         !(domain_repeats_apply(node, error) && domain_shapes_apply(node, error))) ||
        !parse_memory(def, node, error) || !parse_vcpu(def, node, error) ||
        !domain_cputune_parse(def, node, error) || !domain_guest_parse(def, node, error) ||
        !parse_devices(def, node, &context, error))
        return NULL;
    def->kept = conf_xml_keep(node);
    if (!(flags & DOMAIN_PARSE_COMPLETE) && !domain_def_complete(def, &context, error))
        return NULL;
    return g_steal_pointer(&def);
}

static DomainDef *
parse_text(const char *xml, const char *source, const DomainParseDefaults *defaults, unsigned flags,
           GError **error)
{
    g_autoptr(xmlDoc) doc = conf_xml_parse(xml, source, "domain", error);

    return doc ? domain_def_parse_node(conf_xml_root(doc), defaults, flags, error) : NULL;
}

DomainDef *
domain_def_parse_string(const char *xml, const DomainParseDefaults *defaults, unsigned flags,
                        GError **error)
{
    return parse_text(xml, "domain_definition", defaults, flags, error);
}

DomainDef *
domain_def_parse_file(const char *path, const DomainParseDefaults *defaults, unsigned flags,
                      GError **error)
{
    g_autoptr(GError) detail = NULL;
    g_autofree char *xml = NULL;

    if (!g_file_get_contents(path, &xml, NULL, &detail)) {
        virtxl_error_set(error, VIR_ERR_SYSTEM_ERROR, _("cannot read file '%s': %s"), path,
                         detail->message);
        return NULL;
    }
    return parse_text(xml, path, defaults, flags, error);
}

/* --- formatting ----------------------------------------------------------- */

static void
format_identity(const DomainDef *def, xmlNode *domain, unsigned flags)
{
    char uuid[UUID_STRING_SIZE];

    conf_xml_set(domain, "type", "xen");
    if (def->id >= 0 && !(flags & VIR_DOMAIN_XML_INACTIVE))
        conf_xml_setf(domain, "id", "%d", def->id);
    conf_xml_add_text(domain, "name", def->name);
    uuid_format(def->uuid, uuid);
    conf_xml_add_text(domain, "uuid", uuid);
    if (def->title)
        conf_xml_add_text(domain, "title", def->title);
    if (def->description)
        conf_xml_add_text(domain, "description", def->description);
    if (def->metadata)
        conf_xml_add_verbatim(domain, conf_xml_root(def->metadata));
}

static xmlNode *
add_kib(xmlNode *domain, const char *name, guint64 kib)
{
    xmlNode *node = conf_xml_add(domain, name);
    g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT, kib);

    xmlNodeAddContent(node, (const xmlChar *)text);
    return node;
}

static void
format_resources(const DomainDef *def, xmlNode *domain)
{
    g_autofree char *vcpus = g_strdup_printf("%u", def->vcpus_max);
    xmlNode *memory, *vcpu;

    memory = add_kib(domain, "memory", def->memory_max);
    conf_xml_set_on_off(memory, "dumpCore", def->memory_dump_core);
    conf_xml_set(memory, "unit", "KiB");
    conf_xml_set(add_kib(domain, "currentMemory", def->memory), "unit", "KiB");

    vcpu = conf_xml_add_text(domain, "vcpu", vcpus);
    conf_xml_set(vcpu, "placement", def->vcpu_placement_auto ? "auto" : "static");
    conf_xml_set(vcpu, "cpuset", def->vcpu_cpuset);
    if (def->vcpus != def->vcpus_max)
        conf_xml_setf(vcpu, "current", "%u", def->vcpus);
    domain_cputune_format(def, domain);
}

static void
format_devices(const DomainDef *def, xmlNode *domain, unsigned flags)
{
    xmlNode *devices = conf_xml_add_open(domain, "devices");

    if (def->emulator)
        conf_xml_add_text(devices, "emulator", def->emulator);
    domain_devices_format(def, devices, flags);
}

xmlDoc *
domain_def_format_doc(const DomainDef *def, unsigned flags)
{
    xmlDoc *doc = conf_xml_new("domain");
    xmlNode *domain = conf_xml_root(doc);

    format_identity(def, domain, flags);
    format_resources(def, domain);
    domain_os_format(def, domain);
    domain_features_format(def, domain);
    domain_clock_format(def, domain, flags);
    domain_lifecycle_format(def, domain);
    format_devices(def, domain, flags);
    conf_xml_put_kept(domain, def->kept, domain_order);
    conf_xml_drop_if_empty(conf_xml_child(domain, "features"));
    conf_xml_drop_if_empty(conf_xml_child(domain, "cputune"));
    return doc;
}

char *
domain_def_format(const DomainDef *def, unsigned flags, GError **error)
{
    const unsigned known = VIR_DOMAIN_XML_SECURE | VIR_DOMAIN_XML_INACTIVE |
                           VIR_DOMAIN_XML_MIGRATABLE | DOMAIN_FORMAT_STATUS;
    g_autoptr(xmlDoc) doc = NULL;

    if (flags & ~known) {
        virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("unsupported flags (0x%x)"), flags & ~known);
        return NULL;
    }
    doc = domain_def_format_doc(def, flags);
    return conf_xml_print(conf_xml_root(doc), 0);
}

DomainDef *
domain_def_copy(const DomainDef *def)
{
    g_autoptr(xmlDoc) doc =
        domain_def_format_doc(def, DOMAIN_FORMAT_STATUS | VIR_DOMAIN_XML_SECURE);
    g_autoptr(GError) error = NULL;
    DomainDef *copy;

    copy = domain_def_parse_node(conf_xml_root(doc), NULL, DOMAIN_PARSE_COMPLETE, &error);
    if (!copy)
        g_error("copy of domain '%s': %s", def->name, error->message);
    for (guint i = 0; i < def->channels->len; i++) {
        const DomainChrDef *from = g_ptr_array_index(def->channels, i);
        DomainChrDef *to = g_ptr_array_index(copy->channels, i);

        to->source->path_generated = from->source->path_generated;
        to->devid = from->devid;
        to->ours = from->ours;
    }
    return copy;
}
