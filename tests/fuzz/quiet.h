/* What is logged of a hostile input is of no use here, and slow.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

static GLogWriterOutput
quiet_drop_line(GLogLevelFlags level G_GNUC_UNUSED, const GLogField *fields G_GNUC_UNUSED,
                gsize n_fields G_GNUC_UNUSED, gpointer data G_GNUC_UNUSED)
{
    return G_LOG_WRITER_HANDLED;
}

int LLVMFuzzerInitialize(int *argc, char ***argv);

/* libFuzzer calls this once, first. */
int
LLVMFuzzerInitialize(int *argc G_GNUC_UNUSED, char ***argv G_GNUC_UNUSED)
{
    g_log_set_writer_func(quiet_drop_line, NULL, NULL);
    return 0;
}
