/* Every procedure of the wire protocol's programs, served or not.
 *
 * The tables are generated from procedures.tsv, as are the numbers
 * (REMOTE_PROC_CONNECT_OPEN, ...) in remote_procedure_numbers.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define REMOTE_PROGRAM  0x20008086u
#define QEMU_PROGRAM    0x20008087u
#define PROGRAM_VERSION 1u

typedef enum {
    REMOTE_ACCESS_READ,    /* any connection */
    REMOTE_ACCESS_DEPENDS, /* a writable one with some arguments */
    REMOTE_ACCESS_WRITE,   /* a writable one */
} RemoteAccess;

/* What a permission is about. */
typedef enum {
    REMOTE_OBJECT_CONNECT,
    REMOTE_OBJECT_DOMAIN,
    REMOTE_OBJECT_NODE_DEVICE,
    REMOTE_OBJECT_OTHER, /* what this driver has none of */
} RemoteObject;

/* By which flags a call takes a permission. */
typedef enum {
    REMOTE_ALWAYS,
    REMOTE_IF_SET,      /* one of them is set */
    REMOTE_IF_NONE_SET, /* none of them is */
    REMOTE_IF_EQUAL,    /* a parameter has this value */
} RemoteCondition;

/* A row of a list that ends with an action of NULL. */
typedef struct {
    RemoteObject object;
    const char *action; /* polkit's name of it: org.libvirt.api.domain.start */
    RemoteCondition when;
    guint32 flags;
} RemotePermission;

typedef struct {
    const char *name; /* NULL: there is no procedure of this number */
    const char *api;  /* the public function that makes the call, or the name again */
    const RemotePermission *permissions; /* NULL: it takes none */
    RemoteAccess access;
    bool is_event;      /* only ever sent, never called */
    bool high_priority; /* never waits behind long operations */
} RemoteProcedure;

extern const RemoteProcedure remote_procedures_remote[];
extern const guint n_remote_procedures_remote;
extern const RemoteProcedure remote_procedures_qemu[];
extern const guint n_remote_procedures_qemu;

/* The procedure that a client may call by these numbers. Error: VIR_ERR_RPC,
 * saying which of the three is unknown. */
const RemoteProcedure *remote_procedure_find(guint32 program, guint32 version, guint32 number,
                                             GError **error);
