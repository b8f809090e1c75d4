/* The database of x86 CPU models that libvirt's client library brings along: what features
 * are called, where CPUID shows them, and which of them a model has.
 *
 * The library has it as files, and a newer library has newer models. It is read once and does not change. A set of features is a bitmap over the features of
 * one database.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Where the client library installs it. */
#define CPU_MAP_DIR "/usr/share/libvirt/cpu_map"

/* What a database has beyond that is passed over; libvirt's has some two hundred. */
#define CPU_FEATURES_MAX 1024

typedef struct {
    guint64 words[CPU_FEATURES_MAX / 64];
} CpuFeatures;

typedef enum {
    CPUID_EAX,
    CPUID_EBX,
    CPUID_ECX,
    CPUID_EDX,
    CPUID_REGISTERS,
} CpuidRegister;

/* A part of what CPUID says. */
typedef struct {
    guint32 leaf;
    guint32 subleaf;
    CpuidRegister reg;
    guint32 value;
} CpuidWord;

typedef struct {
    char *name;
    char *vendor; /* NULL: nobody's in particular */
    bool for_hosts;
    bool for_guests; /* may be what a host, or a guest, is said to have */
    CpuFeatures features;
} CpuModel;

typedef struct {
    GPtrArray *features;        /* of CpuFeature, which is cpu_map.c's */
    GPtrArray *models;          /* of CpuModel */
    CpuFeatures not_migratable; /* those that a guest can't take to another host */
} CpuMap;

/* Reads the database in @directory. Errors: VIR_ERR_INTERNAL_ERROR. */
CpuMap *cpu_map_load(const char *directory, GError **error);
void cpu_map_free(CpuMap *map);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CpuMap, cpu_map_free)

/* NULL if there is none called @name. */
const CpuModel *cpu_map_find_model(const CpuMap *map, const char *name);

/* The number of a feature, or -1; and its name. */
int cpu_map_find_feature(const CpuMap *map, const char *name);
const char *cpu_map_feature_name(const CpuMap *map, guint number);

/* The features that @words, of a CPU, show in full. */
CpuFeatures cpu_map_decode(const CpuMap *map, const CpuidWord *words, gsize n);

/* --- sets ---------------------------------------------------------------------- */

void cpu_features_add(CpuFeatures *set, guint number);
bool cpu_features_has(const CpuFeatures *set, guint number);
bool cpu_features_is_empty(const CpuFeatures *set);
guint cpu_features_count(const CpuFeatures *set);
CpuFeatures cpu_features_union(const CpuFeatures *a, const CpuFeatures *b);
CpuFeatures cpu_features_intersection(const CpuFeatures *a, const CpuFeatures *b);
/* What is in @a and not in @b. */
CpuFeatures cpu_features_difference(const CpuFeatures *a, const CpuFeatures *b);
