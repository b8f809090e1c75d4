/* The pump between a client's stream and the host's end of a domain's device.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "libxl/libxl_chr_lease.h"
#include "rpc/rpc_stream.h"

/* Opens the stream that the call with header @call opens, and pumps from the next turn of
 * the loop on, so that the reply can go first. Takes @lease over, on failure too.
 * Errors: those of rpc_stream_open(). */
bool remote_stream_open(RpcStreams *streams, const RpcHeader *call, LibxlChrLease *lease,
                        GError **error);

/* The daemon is about to stop: ends all streams of the client by an error that says so. */
void remote_streams_stop(RpcStreams *streams);
