/* What the simulated host and its client in virtxl-channeld agree on: names of files
 * under ROOT. (The calls are in simhost/calls.h.)
 *
 * A page that a guest shares is a file of RING_PAGE_SIZE bytes, named for domain and
 * grant reference. An event channel is two FIFOs, named for domain and port; a byte in
 * one of them is an event.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#define HOST_SIM_DIRECTORY "run/virtxl-sim"
#define HOST_SIM_SOCKET    "host.sock"
#define HOST_SIM_RINGS     "rings"

/* Formats of names in HOST_SIM_RINGS: domid and ring reference, domid and port. */
#define HOST_SIM_PAGE     "%u-%u.page"
#define HOST_SIM_TO_HOST  "%u-%u.to-host"
#define HOST_SIM_TO_GUEST "%u-%u.to-guest"
