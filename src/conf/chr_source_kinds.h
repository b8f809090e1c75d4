/* What each type of a character device's source has in its <source>. For
 * chr_source_conf.c only.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conf/chr_conf.h"

/* Of members that are NULL the type has nothing: without a parser, no <source>. */
typedef struct {
    bool (*parse)(DomainChrSourceDef *source, xmlNode *node, const DomainParseContext *context,
                  GError **error);
    bool (*check)(const DomainChrDef *def, GError **error);
    void (*format)(const DomainChrSourceDef *source, xmlNode *node);
} DomainChrSourceKind;

/* By DomainChrSourceType. */
extern const DomainChrSourceKind domain_chr_source_kinds[];
