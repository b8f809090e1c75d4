/* A backend of channels that a test plays: a thread at the simulated host's socket that
 * does what virtxl-channeld does about states, and carries no bytes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <json.h>

#include "sim_fixture.h"

typedef struct FakeBackend FakeBackend;

typedef enum {
    FAKE_BACKEND_SERVES,
    FAKE_BACKEND_REFUSES, /* with the error "no room at the inn" */
    FAKE_BACKEND_SILENT,  /* writes nothing */
} FakeBackendManner;

/* Connects; returns once it is the backend and knows all channels. */
FakeBackend *fake_backend_new(const SimFixture *fixture, FakeBackendManner manner);
/* Goes, and leaves the store as it is. */
void fake_backend_free(FakeBackend *backend);

/* Waits until an event has all members of @pattern, JSON text; counts those from the
 * beginning. Fails the test if none comes. */
void fake_backend_wait(FakeBackend *backend, const char *pattern);

/* Connects to the socket, sends @line and returns the answer's line, a new string. */
char *fake_backend_exchange(const SimFixture *fixture, const char *line);
