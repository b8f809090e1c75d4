/* Processors as <cpu> describes them, compared with the host's and with each other.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <libvirt/libvirt.h>

#include "conf/conf_xml.h"
#include "conf/cpu_map.h"

/* True if the database has models of @arch. */
bool cpu_is_x86(const char *arch);

/* The host's. */
typedef struct {
    CpuMap *map;           /* owned */
    const CpuModel *model; /* the nearest below it; NULL: not known */
    CpuFeatures features;
} CpuHost;

/* The host of whose CPU CPUID says @words. Takes @map. */
CpuHost *cpu_host_new(CpuMap *map, const CpuidWord *words, gsize n);
void cpu_host_free(CpuHost *host);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CpuHost, cpu_host_free)

bool cpu_host_has(const CpuHost *host, const char *feature);

/* The model is known from here on. */

/* Adds to @cpu the features of the host that its model does not have. */
void cpu_host_format_features(const CpuHost *host, xmlNode *cpu);

/* What the host has beside what @xml asks for, a <cpu> of a host's capabilities or of a
 * domain. *@lack is what makes it VIR_CPU_COMPARE_INCOMPATIBLE, in words (new string).
 * VIR_CPU_COMPARE_ERROR: @error. Errors: those of a document; VIR_ERR_INTERNAL_ERROR for a
 * model or feature that is not known. */
virCPUCompareResult cpu_host_compare(const CpuHost *host, const char *xml, char **lack,
                                     GError **error);

/* The <cpu> of a guest that runs on each of @n hosts whose <cpu> @xmls have, as a new string.
 * @expand: it lists the features that its model has, too. @migratable: without those that it
 * could not take to another host. Errors: those of a document;
 * VIR_ERR_INVALID_ARG, VIR_ERR_INTERNAL_ERROR for a model or feature that is not known,
 * VIR_ERR_NO_SUPPORT for what is not x86, VIR_ERR_OPERATION_FAILED if there is none. */
char *cpu_baseline(const CpuMap *map, const char *const *xmls, guint n, bool expand,
                   bool migratable, GError **error);
