/* The shapes of what tunes a guest: <cputune>, <memtune>, <numatune>, <blkiotune>,
 * <memoryBacking>, I/O threads.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <inttypes.h>

#include "conf/conf_xml_tools.h"
#include "conf/domain_shapes.h"
#include "util/error.h"
#include "util/i18n.h"

/* From here on, in KiB, a limit is none. */
#define UNLIMITED_KIB 9007199254740991
/* The scheduler's periods, in microseconds. */
#define PERIOD_MIN    1000
#define PERIOD_MAX    1000000
/* As much as fits into 64 bits in nanoseconds; no less than a period. */
#define QUOTA_MAX     18446744073709551

static ConfNames schedulers = {"batch", "idle", "fifo", "rr", NULL};
static ConfNames memory_modes = {"strict", "preferred", "interleave", "restrictive", NULL};
static ConfNames placements = {"static", "auto", NULL};
static ConfNames backing_sources = {"file", "anonymous", "memfd", NULL};
static ConfNames backing_accesses = {"shared", "private", NULL};
static ConfNames allocations = {"immediate", "ondemand", NULL};
static ConfNames cache_types = {"both", "code", "data", NULL};

/* The number in @node's text. */
static gint64
number_of(const xmlNode *node)
{
    xmlChar *content = xmlNodeGetContent(node);
    gint64 number = 0;

    conf_parse_int64((const char *)content, &number);
    xmlFree(content);
    return number;
}

/* --- <cputune> --------------------------------------------------------------------- */

static bool
finish_period(xmlNode *period, GError **error)
{
    gint64 microseconds = number_of(period);

    return microseconds == 0 || (microseconds >= PERIOD_MIN && microseconds <= PERIOD_MAX) ||
           virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                            _("Value of cputune '%s' must be in range [%d, %d]"),
                            (const char *)period->name, PERIOD_MIN, PERIOD_MAX);
}

static bool
finish_quota(xmlNode *quota, GError **error)
{
    gint64 microseconds = number_of(quota);

    return microseconds <= 0 || (microseconds >= PERIOD_MIN && microseconds <= QUOTA_MAX) ||
           virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                            _("Value of cputune '%s' must be in range [%d, %" PRIi64 "]"),
                            (const char *)quota->name, PERIOD_MIN, (gint64)QUOTA_MAX);
}

static const ConfShapeAttr pin_attributes[] = {
    {"vcpu"},
    {"iothread", CONF_SHAPE_UINT},
    {"cpuset", CONF_SHAPE_SET, .required = true, .code = VIR_ERR_INTERNAL_ERROR},
    {NULL},
};

static const ConfShapeAttr scheduler_attributes[] = {
    {"vcpus", CONF_SHAPE_SET},
    {"iothreads", CONF_SHAPE_SET},
    {"scheduler", CONF_SHAPE_NAME, schedulers, .required = true},
    {"priority"},
    {NULL},
};

static const ConfShapeAttr cachetune_attributes[] = {{"vcpus", CONF_SHAPE_SET}, {NULL}};

static const ConfShapeAttr cache_attributes[] = {
    {"id", CONF_SHAPE_UINT, .required = true},
    {"level", CONF_SHAPE_UINT, .required = true},
    {"type", CONF_SHAPE_NAME, cache_types, .required = true},
    {"size"},
    {"unit"},
    {NULL},
};

static const ConfShapeAttr monitor_attributes[] = {
    {"level", CONF_SHAPE_UINT},
    {"vcpus", CONF_SHAPE_SET},
    {NULL},
};

static const ConfShapeAttr node_attributes[] = {
    {"id", CONF_SHAPE_UINT, .required = true},
    {"bandwidth", CONF_SHAPE_UINT, .required = true},
    {NULL},
};

static const ConfShape cachetune_children[] = {
    {"cache", CONF_SHAPE_REPEATED, cache_attributes},
    {"monitor", CONF_SHAPE_REPEATED, monitor_attributes},
    {NULL},
};

static const ConfShape memorytune_children[] = {
    {"monitor", CONF_SHAPE_REPEATED, monitor_attributes},
    {"node", CONF_SHAPE_REPEATED, node_attributes},
    {NULL},
};

#define PERIOD(name)                                                                               \
    {                                                                                              \
        name, CONF_SHAPE_DROP_ZERO, .text = CONF_SHAPE_INT, .finish = finish_period                \
    }
#define QUOTA(name)                                                                                \
    {                                                                                              \
        name, CONF_SHAPE_DROP_ZERO, .text = CONF_SHAPE_INT, .finish = finish_quota                 \
    }

/* <vcpupin> is in cputune_conf.c. */
static const ConfShape cputune_children[] = {
    PERIOD("period"),
    QUOTA("quota"),
    PERIOD("global_period"),
    QUOTA("global_quota"),
    PERIOD("emulator_period"),
    QUOTA("emulator_quota"),
    PERIOD("iothread_period"),
    QUOTA("iothread_quota"),
    {"emulatorpin", .attributes = pin_attributes},
    {"iothreadpin", CONF_SHAPE_REPEATED, pin_attributes, .sorted_by = "iothread"},
    {"vcpusched", CONF_SHAPE_REPEATED, scheduler_attributes},
    {"iothreadsched", CONF_SHAPE_REPEATED, scheduler_attributes},
    {"emulatorsched", .attributes = scheduler_attributes},
    {"cachetune", CONF_SHAPE_REPEATED, cachetune_attributes, cachetune_children},
    {"memorytune", CONF_SHAPE_REPEATED, cachetune_attributes, memorytune_children},
    {NULL},
};

/* --- memory ----------------------------------------------------------------------------- */

/* A limit of zero or without bounds is none. */
static bool
finish_memtune(xmlNode *memtune, GError **error G_GNUC_UNUSED)
{
    for (xmlNode *limit = memtune->children, *next; limit; limit = next) {
        next = limit->next;
        if (limit->type == XML_ELEMENT_NODE && number_of(limit) >= UNLIMITED_KIB) {
            xmlUnlinkNode(limit);
            xmlFreeNode(limit);
        }
    }
    return true;
}

static const ConfShape memtune_children[] = {
    {"hard_limit", CONF_SHAPE_DROP_ZERO, .text = CONF_SHAPE_SIZE},
    {"soft_limit", CONF_SHAPE_DROP_ZERO, .text = CONF_SHAPE_SIZE},
    {"min_guarantee", CONF_SHAPE_DROP_ZERO, .text = CONF_SHAPE_SIZE},
    {"swap_hard_limit", CONF_SHAPE_DROP_ZERO, .text = CONF_SHAPE_SIZE},
    {NULL},
};

static const ConfShapeAttr page_attributes[] = {
    {"size", CONF_SHAPE_SIZE, .required = true},
    {"unit"},
    {"nodeset", CONF_SHAPE_SET},
    {NULL},
};

static const ConfShape hugepages_children[] = {
    {"page", CONF_SHAPE_REPEATED, page_attributes},
    {NULL},
};

static const ConfShapeAttr source_attributes[] = {
    {"type", CONF_SHAPE_NAME, backing_sources, .code = VIR_ERR_CONFIG_UNSUPPORTED},
    {NULL},
};

static const ConfShapeAttr access_attributes[] = {
    {"mode", CONF_SHAPE_NAME, backing_accesses, .code = VIR_ERR_CONFIG_UNSUPPORTED},
    {NULL},
};

static const ConfShapeAttr allocation_attributes[] = {
    {"mode", CONF_SHAPE_NAME, allocations, .code = VIR_ERR_CONFIG_UNSUPPORTED},
    {"threads", CONF_SHAPE_UINT},
    {NULL},
};

static const ConfShape backing_children[] = {
    {"hugepages", .children = hugepages_children},
    {"nosharepages"},
    {"locked"},
    {"source", CONF_SHAPE_DROP_EMPTY, source_attributes},
    {"access", CONF_SHAPE_DROP_EMPTY, access_attributes},
    {"allocation", CONF_SHAPE_DROP_EMPTY, allocation_attributes},
    {"discard"},
    {NULL},
};

/* --- <numatune> ---------------------------------------------------------------------------- */

static const ConfShapeAttr numa_memory_attributes[] = {
    {"mode", CONF_SHAPE_NAME, memory_modes, .absent = "strict", .code = VIR_ERR_CONFIG_UNSUPPORTED},
    {"nodeset", CONF_SHAPE_SET},
    {"placement", CONF_SHAPE_NAME, placements, .code = VIR_ERR_CONFIG_UNSUPPORTED},
    {NULL},
};

/* Where memory is placed by itself, no nodes are named; else they must be. */
static bool
finish_numa_memory(xmlNode *memory, GError **error)
{
    if (conf_shape_is(memory, "placement", "auto")) {
        conf_shape_set(memory, "nodeset", NULL);
        return true;
    }
    conf_shape_set(memory, "placement", NULL);
    return conf_xml_has_attr(memory, "nodeset") ||
           virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                            _("nodeset for NUMA memory tuning must be set if 'placement' is "
                              "'static'"));
}

static const ConfShapeAttr memnode_attributes[] = {
    {"cellid", CONF_SHAPE_UINT, .required = true},
    {"mode", CONF_SHAPE_NAME, memory_modes, .absent = "strict"},
    {"nodeset", CONF_SHAPE_SET, .required = true},
    {NULL},
};

static const ConfShape numatune_children[] = {
    {"memory", .attributes = numa_memory_attributes, .finish = finish_numa_memory},
    {"memnode", CONF_SHAPE_REPEATED, memnode_attributes, .sorted_by = "cellid"},
    {NULL},
};

/* --- <blkiotune> and I/O threads ---------------------------------------------------------------- */

/* A device that is told nothing about is none. */
static bool
finish_device(xmlNode *device, GError **error)
{
    const xmlNode *path = conf_xml_written_child(device, "path");

    if (!path)
        return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED, _("missing per-device path"));
    if (xmlChildElementCount(device) == 1)
        conf_shape_drop(device, "path");
    return true;
}

#define RATE(name)                                                                                 \
    {                                                                                              \
        name, CONF_SHAPE_DROP_ZERO, .text = CONF_SHAPE_UINT                                        \
    }

static const ConfShape blkio_device_children[] = {
    {"path"},
    RATE("weight"),
    RATE("read_iops_sec"),
    RATE("write_iops_sec"),
    RATE("read_bytes_sec"),
    RATE("write_bytes_sec"),
    {NULL},
};

static const ConfShape blkiotune_children[] = {
    RATE("weight"),
    {"device", CONF_SHAPE_REPEATED | CONF_SHAPE_DROP_EMPTY, .children = blkio_device_children,
     .finish = finish_device},
    {NULL},
};

static const ConfShapeAttr iothread_attributes[] = {
    {"id", CONF_SHAPE_POSITIVE, .required = true},
    {"thread_pool_min", CONF_SHAPE_UINT},
    {"thread_pool_max", CONF_SHAPE_UINT},
    {NULL},
};

static const ConfShapeAttr default_iothread_attributes[] = {
    {"thread_pool_min", CONF_SHAPE_UINT},
    {"thread_pool_max", CONF_SHAPE_UINT},
    {NULL},
};

static const ConfShape iothreadids_children[] = {
    {"iothread", CONF_SHAPE_REPEATED, iothread_attributes},
    {NULL},
};

const ConfShape domain_tune_shapes[] = {
    {"blkiotune", CONF_SHAPE_DROP_EMPTY, .children = blkiotune_children},
    {"memtune", CONF_SHAPE_DROP_EMPTY, .children = memtune_children, .finish = finish_memtune},
    {"memoryBacking", CONF_SHAPE_DROP_EMPTY, .children = backing_children},
    {"iothreads", CONF_SHAPE_DROP_ZERO, .text = CONF_SHAPE_UINT},
    {"iothreadids", .children = iothreadids_children},
    {"defaultiothread", .attributes = default_iothread_attributes},
    {"cputune", CONF_SHAPE_LOOSE, .children = cputune_children},
    {"numatune", CONF_SHAPE_DROP_EMPTY, .children = numatune_children},
    {NULL},
};
