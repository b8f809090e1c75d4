/* What stands in a definition more than once.
 *
 * libvirt looks for the parts of a definition by their paths: what is in a second <cputune>
 * is found like what is in the first one. Of other elements there may be one only, or
 * several that differ in what names them. Where it is neither, the first counts; whoever
 * drops the others says so by conf_xml_report_repeated().
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conf/conf_xml.h"

/* Makes one element of those children of @domain, parsed but not read yet, that libvirt
 * reads as one, and refuses what libvirt refuses to have twice. Errors: libvirt's of each
 * element: VIR_ERR_XML_ERROR, VIR_ERR_XML_DETAIL, VIR_ERR_INTERNAL_ERROR,
 * VIR_ERR_CONFIG_UNSUPPORTED. */
bool domain_repeats_apply(xmlNode *domain, GError **error);
