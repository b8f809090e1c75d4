/* Errors of virtxl: a GError whose code is libvirt's virErrorNumber.
 *
 * Every function that can fail takes a GError ** last. What a client can get
 * to see is in the domain VIRTXL_ERROR; the dispatcher (src/remote) turns it
 * into the wire's error structure, and any other domain into
 * VIR_ERR_INTERNAL_ERROR.
 *
 * A message is translatable and names the domain, element, attribute and value
 * it is about. Clients print libvirt's own short text for the code before it
 * ("unsupported configuration: ..."): virtxl_error_format_message() gives that
 * whole text, since on the wire the message is complete.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <libvirt/virterror.h>
#include <stdbool.h>

#define VIRTXL_ERROR virtxl_error_quark()

GQuark virtxl_error_quark(void);

/* Sets *@error (if @error is not NULL) to @code with a printf-formatted
 * message. Always returns false, so that a failing function can end with
 * `return virtxl_error_set(error, ...)`. */
bool virtxl_error_set(GError **error, virErrorNumber code, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/* So that compilers and clang-tidy, which look at one file at a time, know that
 * "always", too: else they warn of what is uninitialised only after an error. */
#define virtxl_error_set(...)                                                                      \
    (__extension__({                                                                               \
        (virtxl_error_set)(__VA_ARGS__);                                                           \
        false;                                                                                     \
    }))

/* The whole message as libvirt's clients know it: the text for the code,
 * a colon, and the detail; e.g. "XML error: missing name attribute". Clients
 * match on some of them ("Domain not found: ..."). Returns a new string. */
char *virtxl_error_format_message(virErrorNumber code, const char *detail);
