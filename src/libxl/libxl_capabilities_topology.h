/* Where the host's CPUs and memory are, for the capabilities document.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conf/conf_xml.h"
#include "xen/xen_host.h"

/* Adds <topology> to @host, the document's <host>; nothing if it is not known. */
void libxl_capabilities_add_topology(xmlNode *host, const XenHostInfo *info);
