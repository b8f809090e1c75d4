/* From a call to its reply.
 *
 * First the numbers are looked up, then permission is checked, and only then the
 * arguments are decoded: a client that may not call a procedure never reaches
 * what interprets its arguments. The handler runs in the event loop or on a
 * worker (remote_call.h); the reply goes out from the event loop. A stream that the call opens
 * is there just before.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "remote/remote_call.h"

/* Serves @message of @rpc, whose data is a RemoteClient. */
void remote_dispatch_call(RemoteServer *server, RpcClient *rpc, const RpcMessage *message);

/* The two halves of a call that went to a worker: on the worker, and after it
 * in the event loop (which frees the call). */
void remote_dispatch_run(RemoteCall *call);
void remote_dispatch_finish(RemoteCall *call);

/* Goes on with a call that had to wait: answers call->error, or calls the
 * handler. */
void remote_dispatch_resume(RemoteCall *call);
