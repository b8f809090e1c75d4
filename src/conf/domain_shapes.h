/* The shapes of what stands in <domain> beside the devices; see conf_shape.h.
 *
 * Much of it means nothing on Xen, or is read in parts: all of it comes back as libvirt
 * prints it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conf/conf_shape.h"

/* Brings the children of <domain>, parsed but not read yet, into libvirt's form, and refuses
 * what libvirt refuses there. Errors: conf_shape_apply()'s. */
bool domain_shapes_apply(xmlNode *domain, GError **error);

/* The tables, by subject; each with a NULL name at its end. */
extern const ConfShape domain_cpu_shapes[];      /* <cpu> */
extern const ConfShape domain_features_shapes[]; /* <features> */
extern const ConfShape domain_tune_shapes[];     /* <cputune>, <memtune> and the like */
extern const ConfShape domain_sysinfo_shapes[];  /* <sysinfo> */
