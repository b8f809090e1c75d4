/* Disks of a definition: <disk>.
 *
 * A disk is where it appears in the guest (its target), what is behind it on
 * the host (its source), and how the host serves it (its driver).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conf/device_conf.h"

typedef struct DomainDef DomainDef;

/* What kind of thing the source is. */
typedef enum {
    DOMAIN_DISK_SOURCE_NONE = 0, /* can't be written */
    DOMAIN_DISK_SOURCE_FILE,
    DOMAIN_DISK_SOURCE_BLOCK,
    DOMAIN_DISK_SOURCE_DIR,
    DOMAIN_DISK_SOURCE_NETWORK,
    DOMAIN_DISK_SOURCE_VOLUME,
    DOMAIN_DISK_SOURCE_NVME,
    DOMAIN_DISK_SOURCE_VHOST_USER,
} DomainDiskSourceType;

typedef enum {
    DOMAIN_DISK_DEVICE_DISK = 0,
    DOMAIN_DISK_DEVICE_CDROM,
    DOMAIN_DISK_DEVICE_FLOPPY,
    DOMAIN_DISK_DEVICE_LUN,
} DomainDiskDevice;

typedef enum {
    DOMAIN_DISK_BUS_NONE = 0, /* can't be written */
    DOMAIN_DISK_BUS_IDE,
    DOMAIN_DISK_BUS_FDC,
    DOMAIN_DISK_BUS_SCSI,
    DOMAIN_DISK_BUS_VIRTIO,
    DOMAIN_DISK_BUS_XEN,
    DOMAIN_DISK_BUS_USB,
    DOMAIN_DISK_BUS_UML,
    DOMAIN_DISK_BUS_SATA,
    DOMAIN_DISK_BUS_SD,
} DomainDiskBus;

/* <driver type>: the format of the image. */
typedef enum {
    DOMAIN_DISK_FORMAT_NONE = 0, /* nothing was said; can't be written */
    DOMAIN_DISK_FORMAT_RAW,
    DOMAIN_DISK_FORMAT_DIR,
    DOMAIN_DISK_FORMAT_BOCHS,
    DOMAIN_DISK_FORMAT_CLOOP,
    DOMAIN_DISK_FORMAT_DMG,
    DOMAIN_DISK_FORMAT_ISO,
    DOMAIN_DISK_FORMAT_VPC,
    DOMAIN_DISK_FORMAT_VDI,
    DOMAIN_DISK_FORMAT_FAT,
    DOMAIN_DISK_FORMAT_VHD,
    DOMAIN_DISK_FORMAT_PLOOP,
    DOMAIN_DISK_FORMAT_COW,
    DOMAIN_DISK_FORMAT_QCOW,
    DOMAIN_DISK_FORMAT_QCOW2,
    DOMAIN_DISK_FORMAT_QED,
    DOMAIN_DISK_FORMAT_VMDK,
} DomainDiskFormat;

typedef enum {
    DOMAIN_DISK_CACHE_DEFAULT = 0,
    DOMAIN_DISK_CACHE_NONE,
    DOMAIN_DISK_CACHE_WRITETHROUGH,
    DOMAIN_DISK_CACHE_WRITEBACK,
    DOMAIN_DISK_CACHE_DIRECTSYNC,
    DOMAIN_DISK_CACHE_UNSAFE,
} DomainDiskCache;

typedef enum {
    DOMAIN_DISK_DISCARD_DEFAULT = 0,
    DOMAIN_DISK_DISCARD_UNMAP,
    DOMAIN_DISK_DISCARD_IGNORE,
} DomainDiskDiscard;

typedef enum {
    DOMAIN_DISK_IO_DEFAULT = 0,
    DOMAIN_DISK_IO_NATIVE,
    DOMAIN_DISK_IO_THREADS,
    DOMAIN_DISK_IO_IO_URING,
} DomainDiskIo;

typedef enum {
    DOMAIN_DISK_STARTUP_DEFAULT = 0,
    DOMAIN_DISK_STARTUP_MANDATORY,
    DOMAIN_DISK_STARTUP_REQUISITE,
    DOMAIN_DISK_STARTUP_OPTIONAL,
} DomainDiskStartupPolicy;

typedef enum {
    DOMAIN_DISK_PROTOCOL_NONE = 0,
    DOMAIN_DISK_PROTOCOL_NBD,
    DOMAIN_DISK_PROTOCOL_RBD,
    DOMAIN_DISK_PROTOCOL_SHEEPDOG,
    DOMAIN_DISK_PROTOCOL_GLUSTER,
    DOMAIN_DISK_PROTOCOL_ISCSI,
    DOMAIN_DISK_PROTOCOL_HTTP,
    DOMAIN_DISK_PROTOCOL_HTTPS,
    DOMAIN_DISK_PROTOCOL_FTP,
    DOMAIN_DISK_PROTOCOL_FTPS,
    DOMAIN_DISK_PROTOCOL_TFTP,
    DOMAIN_DISK_PROTOCOL_SSH,
    DOMAIN_DISK_PROTOCOL_VXHS,
    DOMAIN_DISK_PROTOCOL_NFS,
} DomainDiskProtocol;

typedef enum {
    DOMAIN_DISK_TRANSPORT_TCP = 0,
    DOMAIN_DISK_TRANSPORT_UNIX,
    DOMAIN_DISK_TRANSPORT_RDMA,
} DomainDiskTransport;

/* A <host> of a network source. */
typedef struct {
    char *name;
    unsigned port; /* 0: the protocol's own */
    DomainDiskTransport transport;
    char *socket; /* of transport unix */
} DomainDiskHost;

/* <source>. Only what belongs to the type is set. */
typedef struct {
    DomainDiskSourceType type;
    bool written; /* there is a <source> element */
    /* Path of a file, block device or directory. NULL for a drive that is
     * empty. */
    char *path;
    DomainDiskStartupPolicy startup_policy;

    /* network */
    DomainDiskProtocol protocol;
    char *name;       /* of the image or export; without the query */
    char *query;      /* http and https */
    ConfTristate tls; /* yes, no */
    GPtrArray *hosts; /* of DomainDiskHost; never NULL */
    char *snapshot;   /* rbd */
    char *config;     /* rbd: path of a configuration file */

    /* volume */
    char *pool;
    char *volume;
} DomainDiskSource;

/* <driver> */
typedef struct {
    char *name; /* "phy", "file", "tap", "qemu", "tap2", ...: as written */
    DomainDiskFormat format;
    DomainDiskCache cache;
    DomainDiskDiscard discard;
    DomainDiskIo io;
    const char *virtio_option; /* an option that is there and only virtio has; or NULL */
} DomainDiskDriver;

typedef struct {
    DomainDeviceInfo info; /* first, see device_conf.h */
    DomainDiskDevice device;
    DomainDiskSource source;
    DomainDiskDriver driver;

    char *backend_domain; /* the domain that serves the disk; NULL: domain 0 */

    char *target; /* "hda", "xvdb", ...: never NULL after parsing */
    DomainDiskBus bus;
    bool tray_open;         /* cdrom and floppy */
    ConfTristate removable; /* usb */
    ConfTristate rawio;     /* lun */

    bool readonly;
    bool shareable;
    bool transient;

    char *serial;
    char *wwn;
    char *vendor;
    char *product;
} DomainDiskDef;

extern ConfNames domain_disk_source_type_names;
extern ConfNames domain_disk_device_names;
extern ConfNames domain_disk_bus_names;
extern ConfNames domain_disk_format_names;
extern ConfNames domain_disk_cache_names;
extern ConfNames domain_disk_discard_names;
extern ConfNames domain_disk_io_names;
extern ConfNames domain_disk_startup_policy_names;
extern ConfNames domain_disk_protocol_names;
extern ConfNames domain_disk_transport_names;

/* An empty disk of source type file. */
DomainDiskDef *domain_disk_def_new(void);
void domain_disk_def_free(DomainDiskDef *def);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DomainDiskDef, domain_disk_def_free)

/* Parses the <disk> element @node. Errors: VIR_ERR_XML_ERROR,
 * VIR_ERR_NO_TARGET, VIR_ERR_INTERNAL_ERROR, VIR_ERR_CONFIG_UNSUPPORTED, as
 * libvirt's. */
DomainDiskDef *domain_disk_def_parse(xmlNode *node, const DomainParseContext *context,
                                     GError **error);

/* Appends the device's element to @devices. */
void domain_disk_def_format(const DomainDiskDef *def, xmlNode *devices, unsigned flags);

/* True for a drive whose medium can be taken out. */
bool domain_disk_is_removable(const DomainDiskDef *def);

/* True for a drive without a medium, and for a source that names nothing. */
bool domain_disk_source_is_empty(const DomainDiskSource *source);

/* The number of a disk in the row of its kind: 0 for "hda" and "xvda", 27 for
 * "sdab"; a partition number ("xvda2") is passed over, and stored in
 * @partition (may be NULL; 0: none). Returns -1 if @target names no disk. */
int domain_disk_target_index(const char *target, unsigned *partition);

/* --- disk_domain.c: rows of the table of families, see domain_devices.h ----- */

/* By number, among disks of a bus. libvirt's order, too, except that it does
 * not guess a bus that isn't written before it puts the disk in place: what it
 * prints then comes out in this order when it is defined again. */
void domain_disk_insert(GPtrArray *disks, gpointer disk);
/* The bus, drive address, format and the like. Errors: VIR_ERR_XML_ERROR for a
 * target that tells no number. */
bool domain_disk_complete(DomainDef *def, gpointer disk, const DomainParseContext *context,
                          GError **error);
bool domain_disk_validate(const DomainDef *def, gconstpointer disk, GError **error);
/* Puts the medium of @from, its source and its format, into @disk, a drive, and the old
 * one into @from. */
void domain_disk_change_medium(DomainDiskDef *disk, DomainDiskDef *from);
/* Rules over all disks. Errors: VIR_ERR_XML_ERROR, VIR_ERR_CONFIG_UNSUPPORTED. */
bool domain_disks_validate(const DomainDef *def, GError **error);

/* --- disk_source_conf.c, for disk_conf.c ----------------------------------- */

/* An empty array of DomainDiskHost. */
GPtrArray *domain_disk_hosts_new(void);
void domain_disk_source_clear(DomainDiskSource *source);
bool domain_disk_source_parse(DomainDiskSource *source, xmlNode *node, GError **error);
/* Ports and parts of names that libvirt fills in. */
void domain_disk_source_complete(DomainDiskSource *source);
void domain_disk_source_format(const DomainDiskSource *source, xmlNode *disk);
extern const ConfXmlOrder domain_disk_source_order[];
