/* On a channel of the guest: numbered lines both ways, to find out what is lost, made
 * up or twice when something happens to the host.
 *
 * A line has 256 bytes: its number in 15 digits, a filling that is always the same, a
 * line feed. To the host go lines 0, 1, 2, ... without end. From the host come
 * sessions, one for each client: "!", the session's number in 4 hexadecimal digits, "g" (the
 * guest is to send) or "s" (it is to be silent), a line feed, then lines 0, 1, 2, ... A
 * session may be cut anywhere by the next one's "!"; within a session each byte
 * must be the one that is due.
 *
 * What has come is in /tmp/stream-hvcN: sessions, the number of the last one, its whole
 * lines, bytes of all sessions, errors, and where the first error was.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE   256
#define DIGITS 15
#define HEADER 6 /* after the "!" */

static atomic_bool sending;

typedef struct {
    unsigned sessions;
    unsigned session; /* the number of the present one */
    unsigned long line;
    unsigned at; /* how much of the line has come */
    char due[LINE + 1];
    bool in_header;
    char header[HEADER + 1];
    bool is_lost; /* an error; nothing is checked before the next session */
    unsigned long bytes;
    unsigned long errors;
    char first_error[80];
} Reader;

static void
make_line(char line[LINE + 1], unsigned long number)
{
    snprintf(line, LINE + 1, "%015lu", number);
    for (unsigned i = DIGITS; i < LINE - 1; i++) {
        line[i] = (char)('A' + i % 26);
    }
    line[LINE - 1] = '\n';
}

static void
fail(Reader *reader, char byte)
{
    if (reader->errors++ == 0) {
        snprintf(reader->first_error, sizeof(reader->first_error),
                 "session %u line %lu byte %u is %#x", reader->session, reader->line, reader->at,
                 (unsigned char)byte);
    }
    reader->is_lost = true;
}

static void
take_header(Reader *reader, char byte)
{
    unsigned at = reader->at++, number;
    char mode;

    reader->header[at] = byte;
    if (reader->at < HEADER) {
        return;
    }
    reader->in_header = false;
    reader->at = 0;
    reader->line = 0;
    make_line(reader->due, 0);
    if (sscanf(reader->header, "%4x%c", &number, &mode) != 2 || byte != '\n' ||
        number <= reader->session) {
        fail(reader, byte);
        return;
    }
    reader->session = number;
    reader->sessions++;
    reader->is_lost = false;
    atomic_store(&sending, mode == 'g');
}

static void
take(Reader *reader, char byte)
{
    reader->bytes++;
    if (byte == '!') {
        reader->in_header = true;
        reader->at = 0;
    } else if (reader->in_header) {
        take_header(reader, byte);
    } else if (!reader->is_lost && byte != reader->due[reader->at]) {
        fail(reader, byte);
    } else if (!reader->is_lost && ++reader->at == LINE) {
        reader->at = 0;
        make_line(reader->due, ++reader->line);
    }
}

static void
report(const Reader *reader, const char *path)
{
    char other[64];
    snprintf(other, sizeof(other), "%s.new", path);
    FILE *file = fopen(other, "w");

    if (file) {
        fprintf(file, "%u %u %lu %lu %lu %s\n", reader->sessions, reader->session, reader->line,
                reader->bytes, reader->errors, reader->first_error);
        fclose(file);
        rename(other, path);
    }
}

static void *
write_lines(void *data)
{
    char block[16 * LINE + 1];

    (void)data;
    for (unsigned long number = 0;;) {
        if (!atomic_load(&sending)) {
            usleep(20000);
            continue;
        }
        for (unsigned i = 0; i < 16; i++) {
            make_line(block + (size_t)i * LINE, number++);
        }
        for (size_t done = 0; done < 16 * LINE;) {
            ssize_t count = write(STDOUT_FILENO, block + done, 16 * LINE - done);
            if (count <= 0) {
                exit(1);
            }
            done += (size_t)count;
        }
    }
    return NULL;
}

int
main(void)
{
    static Reader reader = {.is_lost = true};
    char buffer[4096], path[64] = "/tmp/stream-", terminal[32] = "";
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    pthread_t thread;
    unsigned long told = 0;

    if (readlink("/proc/self/fd/0", terminal, sizeof(terminal) - 1) < 0) {
        return 1;
    }
    snprintf(path + strlen(path), 32, "%s", strrchr(terminal, '/') + 1);
    report(&reader, path);
    pthread_create(&thread, NULL, write_lines, NULL);
    for (;;) {
        if (poll(&input, 1, 200) > 0) {
            ssize_t count = read(STDIN_FILENO, buffer, sizeof(buffer));
            if (count <= 0) {
                return 1;
            }
            for (ssize_t i = 0; i < count; i++) {
                take(&reader, buffer[i]);
            }
        } else if (told != reader.bytes) {
            told = reader.bytes;
            report(&reader, path);
        }
    }
}
