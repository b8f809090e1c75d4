/* What a call is about: which domain, or which device of the host. That is what polkit's
 * rules go by.
 *
 * Most calls about a domain name it at the head of their arguments. A row of remote_routes.c
 * whose call does not has one of the functions below. Each adds what it finds to @subjects
 * (of RemoteSubject). They run on a thread of their own, so they may read files, and use
 * nothing of the call but driver and arguments.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "remote/remote_call.h"

typedef struct {
    char *name;
    char uuid[VIR_UUID_STRING_BUFLEN]; /* of a domain; "": no domain */
} RemoteSubject;

/* @uuid: NULL for what is no domain. */
RemoteSubject *remote_subject_new(const char *name, const guint8 *uuid);
void remote_subject_free(RemoteSubject *subject);

GPtrArray *remote_subjects_new(void);

/* What of a list's elements a client may see: those about which it has a permission. */
struct RemoteFilter {
    RemoteObject object;
    const char *action;
    RemoteSubjectFunc list; /* all that there may be in the list */
};

extern const RemoteFilter remote_filter_domains;
extern const RemoteFilter remote_filter_domain_stats;
extern const RemoteFilter remote_filter_node_devices;

#define REMOTE_SUBJECT(name) bool name(RemoteCall *call, GPtrArray *subjects, GError **error)

/* The domain, or the device of the host, at the head of the arguments. */
REMOTE_SUBJECT(remote_subject_domain);
REMOTE_SUBJECT(remote_subject_node_device);

REMOTE_SUBJECT(remote_subject_by_id);
REMOTE_SUBJECT(remote_subject_by_name);
REMOTE_SUBJECT(remote_subject_by_uuid);
/* The one that XML at the head of the arguments is of. */
REMOTE_SUBJECT(remote_subject_of_xml);
/* The one that an image is of. A file may be another one when it is read again, so the
 * definition that has been looked at is in call->image_xml, and the handler uses that; the
 * client's own definition is as good, since the driver takes no other domain's for an image. */
REMOTE_SUBJECT(remote_subject_of_image);
REMOTE_SUBJECT(remote_subject_of_restore);
REMOTE_SUBJECT(remote_subject_of_restore_flags);
REMOTE_SUBJECT(remote_subject_of_restore_params);
REMOTE_SUBJECT(remote_subject_of_redefined_image);
