/* What is logged about one thing, in a file of its own beside the log.
 *
 * A thread says what it works on. Lines that it logs then, those of level information
 * and above whatever the log's level is, are appended to DIRECTORY/NAME.log as well. A
 * file that has grown to 1 MiB is renamed to NAME.log.0, in the place of the one before;
 * it may also be moved away at any time.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* NULL, the default: there are no such files. Not while any thread works on something. */
void log_subject_set_directory(const char *directory);

/* What this thread logs from now on is about @name, until log_subject_end(). There is no file for
 * a name that can't be one's. */
void log_subject_begin(const char *name);
void log_subject_end(void);

/* For log.c: appends a whole line, with its end. What can't be written is lost. */
void log_subject_write(const char *line);
