/* Character devices as part of a domain: the rules between them; the table's
 * functions, see domain_devices.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conf/domain_conf.h"

/* Gives a serial or parallel port its number. */
bool domain_chr_complete(DomainDef *def, gpointer device, const DomainParseContext *context,
                         GError **error);

/* Consoles: their numbers and kinds, the pair of an HVM guest's console and
 * serial port, and the console that every other guest has. */
bool domain_chr_imply_consoles(DomainDef *def, const DomainParseContext *context, GError **error);

bool domain_chr_validate(const DomainDef *def, gconstpointer device, GError **error);
