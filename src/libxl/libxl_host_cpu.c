/* Xen reports words that CPUID would say in some leaves, those that libxl_physinfo has had
 * since Xen 4.7. What other leaves say, neither the vendor nor the newest features, it does not.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/libxl_host_cpu.h"

/* By place in libxl_physinfo's hw_cap: see featureset words in Xen's public headers
 * (arch-x86/cpufeatureset.h). */
static const CpuidWord words[XEN_HOST_HW_CAPS] = {
    {.leaf = 0x1, .reg = CPUID_EDX},
    {.leaf = 0x1, .reg = CPUID_ECX},
    {.leaf = 0x80000001, .reg = CPUID_EDX},
    {.leaf = 0x80000001, .reg = CPUID_ECX},
    {.leaf = 0xd, .subleaf = 1, .reg = CPUID_EAX},
    {.leaf = 0x7, .reg = CPUID_EBX},
    {.leaf = 0x7, .reg = CPUID_ECX},
    {.leaf = 0x80000007, .reg = CPUID_EDX},
};

CpuHost *
libxl_host_cpu_new(const XenHostInfo *info)
{
    CpuidWord said[G_N_ELEMENTS(words)];
    g_autoptr(GError) error = NULL;
    CpuMap *map = cpu_map_load(CPU_MAP_DIR, &error);

    if (!map) {
        g_warning("%s", error->message);
        return NULL;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        said[i] = words[i];
        said[i].value = info->hw_cap[i];
    }
    return cpu_host_new(map, said, G_N_ELEMENTS(said));
}
