/* The vCPUs of a guest as its agent tells of them, and lists of them such as "0-3,^2,7".
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <json.h>
#include <stdbool.h>

/* More than Xen gives a guest. */
#define LIBXL_AGENT_VCPUS_MAX 4096

/* A set: whether each is in it. */
typedef struct {
    bool has[LIBXL_AGENT_VCPUS_MAX];
} LibxlVcpuSet;

/* Errors: VIR_ERR_INVALID_ARG for text that is no such list, or an empty one. */
bool libxl_vcpu_set_parse(LibxlVcpuSet *set, const char *text, GError **error);
guint libxl_vcpu_set_count(const LibxlVcpuSet *set);
/* "" for an empty one. A new string. */
char *libxl_vcpu_set_format(const LibxlVcpuSet *set);

typedef struct {
    LibxlVcpuSet present;
    LibxlVcpuSet online;
    LibxlVcpuSet offlinable;
} LibxlAgentVcpus;

/* Of the array that guest-get-vcpus returns; false if it is malformed. */
bool libxl_agent_vcpus_read(LibxlAgentVcpus *vcpus, json_object *value);

/* The argument of guest-set-vcpus: those in @set, online or not. */
json_object *libxl_agent_vcpus_write(const LibxlVcpuSet *set, bool online);
