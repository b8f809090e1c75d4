/* A domain definition as xl.cfg, and xl.cfg as a definition.
 *
 * Pure: asks no hypervisor and touches no file. docs/xl-cfg.md has the table of what is
 * what.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conf/domain_conf.h"

/* The definition that @text is, with what @defaults (may be NULL) fills in. *@ignored
 * (may be NULL) gets the names of settings, or "SETTING: PART" of parts, that a definition
 * has no word for: an array of strings, to be freed. Errors: VIR_ERR_CONF_SYNTAX,
 * VIR_ERR_OVERFLOW, and those of domain_def_parse_node() and domain_def_validate(). */
DomainDef *xen_xl_parse(const char *text, const DomainParseDefaults *defaults, GPtrArray **ignored,
                        GError **error);

/* @def as xl.cfg, passwords included. *@ignored (may be NULL) gets the elements and
 * attributes that xl.cfg has no word for, as "devices/panic" or
 * "devices/disk/driver@cache". Errors: VIR_ERR_CONFIG_UNSUPPORTED. */
char *xen_xl_format(const DomainDef *def, GPtrArray **ignored, GError **error);
