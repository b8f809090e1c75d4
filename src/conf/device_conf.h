/* What every device of a definition has: an alias, an address, a place in the
 * boot order, and the part of its XML that we don't model.
 *
 * Each family's structure begins with a DomainDeviceInfo, so that code over all
 * families (domain_devices.c) can treat a device as a DomainDeviceInfo *.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conf/conf_xml.h"

/* Flags of parsing. */
enum {
    /* The definition is for the next start: drops id, pty paths, channel state
     * and aliases that aren't the user's (libvirt's VIR_DOMAIN_DEF_PARSE_INACTIVE). */
    DOMAIN_PARSE_INACTIVE = 1 << 0,
    /* The text was written by a driver and is complete: nothing is added to it
     * (no default devices, addresses or values). */
    DOMAIN_PARSE_COMPLETE = 1 << 1,
};

/* Flags of formatting: VIR_DOMAIN_XML_SECURE, _INACTIVE, _MIGRATABLE of
 * libvirt-domain.h, and this one of ours: everything that has to survive a
 * restart of the daemon, in a status document or a copy. */
#define DOMAIN_FORMAT_STATUS (1u << 30)

/* A kind of guest that a host runs: "xen" (paravirtual), "hvm" or "xenpvh", and
 * an architecture, as in the capabilities' <guest>. */
typedef struct {
    const char *os_type;
    const char *arch;
} DomainGuestKind;

/* What the host says about definitions that don't. Strings are borrowed. NULL
 * members and a NULL structure: nothing is filled in or refused. */
typedef struct {
    const char *arch;              /* of a guest that doesn't say: "x86_64" */
    const DomainGuestKind *guests; /* that the host runs; ends with a NULL os_type */
} DomainParseDefaults;

/* Handed through all parsers. */
typedef struct {
    unsigned flags;
    const DomainParseDefaults *defaults; /* never NULL here */
} DomainParseContext;

typedef enum {
    DOMAIN_ADDRESS_NONE = 0,
    DOMAIN_ADDRESS_PCI,
    DOMAIN_ADDRESS_DRIVE,
    DOMAIN_ADDRESS_VIRTIO_SERIAL,
    DOMAIN_ADDRESS_CCID,
    DOMAIN_ADDRESS_USB,
    DOMAIN_ADDRESS_OTHER, /* isa, spapr-vio, ccw, ...: kept, not interpreted */
} DomainAddressType;

typedef struct {
    DomainAddressType type;
    union {
        struct {
            bool empty; /* <address type='pci'/>: to be allocated */
            unsigned domain, bus, slot, function;
            ConfTristate multifunction;
        } pci;
        struct {
            unsigned controller, bus, target, unit;
        } drive;
        struct {
            unsigned controller, bus, port;
        } virtio_serial;
        struct {
            unsigned controller, slot;
        } ccid;
        struct {
            unsigned bus;
            char *port; /* "1.2", or NULL; owned */
        } usb;
    };
} DomainDeviceAddress;

typedef struct {
    char *alias;
    DomainDeviceAddress address;
    unsigned boot_order; /* 0: none */
    ConfXmlKept *kept;
} DomainDeviceInfo;

/* The attributes of a PCI address out of @node, and into it. */
bool domain_pci_address_parse(DomainDeviceAddress *address, xmlNode *node, GError **error);
void domain_pci_address_format(const DomainDeviceAddress *address, xmlNode *node);
bool domain_pci_address_equal(const DomainDeviceAddress *left, const DomainDeviceAddress *right);

/* Frees what @info holds, not @info itself. */
void domain_device_info_clear(DomainDeviceInfo *info);

/* Reads <alias>, <address> and <boot> out of the device element @node, and then
 * keeps the rest of it: the last thing that a family's parser does. */
bool domain_device_info_parse(DomainDeviceInfo *info, xmlNode *node,
                              const DomainParseContext *context, GError **error);

/* Writes <boot>: most families have it before <alias>, each in its own place. */
void domain_device_info_format_boot(const DomainDeviceInfo *info, xmlNode *device);

/* Writes <alias> and <address> into @device and merges what was kept, in the
 * places that @order gives: the last thing that a family's formatter does. */
void domain_device_info_format(const DomainDeviceInfo *info, xmlNode *device,
                               const ConfXmlOrder *order, unsigned flags);
