/* Images of saved domains: the format of the file, byte for byte, and what is refused.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/libxl_image.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "util/error.h"

#define XML    "<domain/>"
#define STREAM "memory"

typedef struct {
    char *directory;
    char *path;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
    fixture->directory = g_dir_make_tmp("virtxl-image-XXXXXX", NULL);
    fixture->path = g_build_filename(fixture->directory, "image", NULL);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    g_unlink(fixture->path);
    g_assert_cmpint(g_rmdir(fixture->directory), ==, 0); /* nothing else was left */
    g_free(fixture->path);
    g_free(fixture->directory);
}

static void
write_image(const char *path, bool paused)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LibxlImageFile) file = libxl_image_file_new(path, XML, 2, paused, &error);

    g_assert_no_error(error);
    g_assert_cmpint(write(file->fd, STREAM, strlen(STREAM)), ==, strlen(STREAM));
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    g_assert_true(libxl_image_file_commit(file, true, &error));
}

static void
assert_is_read(const char *path, const char *xml, bool paused)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LibxlImage) image = libxl_image_open(path, &error);
    char stream[16] = "";

    g_assert_no_error(error);
    g_assert_cmpstr(image->xml, ==, xml);
    g_assert_cmpuint(image->version, ==, 2);
    g_assert_true(image->paused == paused);
    g_assert_cmpint(read(image->fd, stream, sizeof(stream)), ==, strlen(STREAM));
    g_assert_cmpstr(stream, ==, STREAM);
}

static void
assert_is_refused(const char *path, int code)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(libxl_image_open(path, &error));
    g_assert_error(error, VIRTXL_ERROR, code);
}

static void
test_what_is_written_is_read(Fixture *fixture, gconstpointer data)
{
    write_image(fixture->path, false);
    assert_is_read(fixture->path, XML, false);
}

static void
test_whether_it_is_paused_is_kept(Fixture *fixture, gconstpointer data)
{
    write_image(fixture->path, true);
    assert_is_read(fixture->path, XML, true);
}

static void
test_the_bytes_are_those_of_libvirt(Fixture *fixture, gconstpointer data)
{
    g_autofree char *bytes = NULL;
    const guint32 numbers[12] = {2, sizeof(XML)};
    gsize size = 0;

    write_image(fixture->path, false);
    g_assert_true(g_file_get_contents(fixture->path, &bytes, &size, NULL));
    g_assert_cmpuint(size, ==, 64 + sizeof(XML) + strlen(STREAM));
    g_assert_cmpmem(bytes, 16, "libvirt-xml\n \0 \r", 16);
    g_assert_cmpmem(bytes + 16, sizeof(numbers), numbers, sizeof(numbers));
    g_assert_cmpmem(bytes + 64, sizeof(XML), XML, sizeof(XML));
}

static void
test_the_xml_can_be_replaced(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    write_image(fixture->path, false);
    g_assert_true(libxl_image_rewrite(fixture->path, "<domain>longer</domain>", true, &error));
    assert_is_read(fixture->path, "<domain>longer</domain>", true);
}

static void
test_what_is_not_committed_is_removed(Fixture *fixture, gconstpointer data)
{
    g_autoptr(LibxlImageFile) file = libxl_image_file_new(fixture->path, XML, 2, false, NULL);

    g_assert_nonnull(file);
}

static void
test_a_path_that_is_not_absolute_is_refused(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(libxl_image_file_new("image", XML, 2, false, &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_INVALID_ARG);
}

static void
test_what_is_no_file_is_not_replaced(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(libxl_image_file_new("/dev/null", XML, 2, false, &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_OPERATION_FAILED);
    g_assert_null(libxl_image_open("/dev/null", NULL));
}

/* One number of the header, or a byte of the magic, is another one. */
static void
test_a_damaged_header_is_refused(Fixture *fixture, gconstpointer data)
{
    static const struct {
        gsize offset;
        guint32 value;
        int code;
    } damages[] = {
        {0, 0, VIR_ERR_INVALID_ARG},
        {12, 0, VIR_ERR_INVALID_ARG},
        {16, 0, VIR_ERR_OPERATION_FAILED},
        {16, 3, VIR_ERR_OPERATION_FAILED},
        {16, 2 << 24, VIR_ERR_OPERATION_FAILED},
        {20, 0, VIR_ERR_OPERATION_FAILED},
        {20, 1000, VIR_ERR_OPERATION_FAILED},
        {20, G_MAXUINT32, VIR_ERR_OPERATION_FAILED},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(damages); i++) {
        g_autofree char *bytes = NULL;
        gsize size = 0;

        write_image(fixture->path, false);
        g_assert_true(g_file_get_contents(fixture->path, &bytes, &size, NULL));
        memcpy(bytes + damages[i].offset, &damages[i].value, sizeof(guint32));
        g_assert_true(g_file_set_contents(fixture->path, bytes, (gssize)size, NULL));
        assert_is_refused(fixture->path, damages[i].code);
        g_unlink(fixture->path);
    }
}

static void
test_one_that_ends_early_is_refused(Fixture *fixture, gconstpointer data)
{
    write_image(fixture->path, false);
    for (long size = 64 + (long)sizeof(XML) - 1; size >= 0; size--) {
        g_assert_cmpint(truncate(fixture->path, size), ==, 0);
        assert_is_refused(fixture->path, VIR_ERR_OPERATION_FAILED);
    }
}

#define ADD(path, func) g_test_add(path, Fixture, NULL, set_up, func, tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("/image/what_is_written_is_read", test_what_is_written_is_read);
    ADD("/image/whether_it_is_paused_is_kept", test_whether_it_is_paused_is_kept);
    ADD("/image/the_bytes_are_those_of_libvirt", test_the_bytes_are_those_of_libvirt);
    ADD("/image/the_xml_can_be_replaced", test_the_xml_can_be_replaced);
    ADD("/image/what_is_not_committed_is_removed", test_what_is_not_committed_is_removed);
    ADD("/image/a_path_that_is_not_absolute_is_refused",
        test_a_path_that_is_not_absolute_is_refused);
    ADD("/image/what_is_no_file_is_not_replaced", test_what_is_no_file_is_not_replaced);
    ADD("/image/a_damaged_header_is_refused", test_a_damaged_header_is_refused);
    ADD("/image/one_that_ends_early_is_refused", test_one_that_ends_early_is_refused);
    return g_test_run();
}
