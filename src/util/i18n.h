/* Translation of messages.
 *
 * Messages that reach a user are wrapped in _(); messages in static tables in
 * N_() and translated where they are used. Log lines for developers are not
 * translated.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib/gi18n-lib.h>
