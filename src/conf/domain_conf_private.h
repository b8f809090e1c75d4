/* What the files of the domain definition share with each other and nobody
 * else.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conf/domain_conf.h"

/* --- os_conf.c: <os>, <bootloader> ------------------------------------------ */

void domain_os_clear(DomainOSDef *os);
bool domain_os_parse(DomainDef *def, xmlNode *domain, GError **error);
void domain_os_format(const DomainDef *def, xmlNode *domain);

extern const ConfXmlOrder domain_os_order[];

/* --- guest_conf.c: <features>, <clock>, <pm>, <on_...> --------------------- */

void domain_guest_clear(DomainDef *def);
bool domain_guest_parse(DomainDef *def, xmlNode *domain, GError **error);
void domain_features_format(const DomainDef *def, xmlNode *domain);
void domain_clock_format(const DomainDef *def, xmlNode *domain, unsigned flags);
void domain_lifecycle_format(const DomainDef *def, xmlNode *domain);

extern const ConfXmlOrder domain_features_order[];

/* --- domain_defaults.c ----------------------------------------------------- */

/* Adds to a freshly parsed definition what libvirt's Xen driver adds: values,
 * numbers and devices that nobody wrote but every guest of this kind has. */
bool domain_def_complete(DomainDef *def, const DomainParseContext *context, GError **error);
