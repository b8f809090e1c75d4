/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rpc/rpc_xdr.h"

#include "util/error.h"

#include <string.h>

/* What rpcgen would make of
 *   struct Item { unsigned int number; string name<16777216>; };
 *   typedef Item Items<4>; */
typedef struct {
    u_int number;
    char *name;
} Item;

typedef struct {
    struct {
        u_int items_len;
        Item *items_val;
    } items;
} Items;

static bool_t
xdr_item(XDR *xdr, Item *item)
{
    return xdr_u_int(xdr, &item->number) && xdr_string(xdr, &item->name, 16 * 1024 * 1024);
}

static bool_t
xdr_items(XDR *xdr, Items *items)
{
    return xdr_array(xdr, (char **)&items->items.items_val, &items->items.items_len, 4,
                     sizeof(Item), (xdrproc_t)xdr_item);
}

static void
test_round_trip_of_every_size(void)
{
    const gsize sizes[] = {0, 1, 1000, 1012, 1013, 16376, 16377, 100000, 16 * 1024 * 1024};

    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autofree char *name = g_strnfill(sizes[i], 'x');
        Item item = {.number = 7, .name = name};
        Item copy = {0};
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) bytes = rpc_xdr_encode((xdrproc_t)xdr_item, &item, "an item", &error);

        g_assert_no_error(error);
        g_assert_cmpuint(g_bytes_get_size(bytes), ==, 8 + (sizes[i] + 3) / 4 * 4);
        g_assert_true(
            rpc_xdr_decode((xdrproc_t)xdr_item, bytes, &copy, sizeof(copy), "an item", &error));
        g_assert_cmpuint(copy.number, ==, 7);
        g_assert_cmpstr(copy.name, ==, name);
        rpc_xdr_free((xdrproc_t)xdr_item, &copy);
    }
}

static void
test_too_large_is_an_error(void)
{
    g_autofree char *name = g_strnfill(16 * 1024 * 1024, 'x');
    Item all[5] = {{1, name}, {2, name}, {3, name}, {4, name}, {5, name}};
    Items items = {{4, all}};
    g_autoptr(GError) error = NULL;

    /* over the payload of a frame */
    g_assert_null(rpc_xdr_encode((xdrproc_t)xdr_items, &items, "a list", &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_RPC);
    g_clear_error(&error);

    /* over the array's own bound */
    items.items.items_len = 5;
    g_assert_null(rpc_xdr_encode((xdrproc_t)xdr_items, &items, "a list", &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_RPC);
}

static void
test_every_truncation_is_an_error_and_leaves_nothing(void)
{
    Item all[] = {{1, (char *)"one"}, {2, (char *)"two"}};
    Items items = {{2, all}};
    const Items nothing = {0};
    g_autoptr(GBytes) bytes = rpc_xdr_encode((xdrproc_t)xdr_items, &items, "a list", NULL);

    for (gsize size = 0; size < g_bytes_get_size(bytes); size++) {
        g_autoptr(GBytes) part = g_bytes_new_from_bytes(bytes, 0, size);
        g_autoptr(GError) error = NULL;
        Items copy = {0};

        g_assert_false(
            rpc_xdr_decode((xdrproc_t)xdr_items, part, &copy, sizeof(copy), "a list", &error));
        g_assert_error(error, VIRTXL_ERROR, VIR_ERR_RPC);
        g_assert_cmpmem(&copy, sizeof(copy), &nothing, sizeof(nothing));
    }
}

static void
test_bound_is_checked_before_memory(void)
{
    const guint8 huge[] = {0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0};
    g_autoptr(GBytes) bytes = g_bytes_new_static(huge, sizeof(huge));
    g_autoptr(GError) error = NULL;
    Items copy = {0};

    g_assert_false(
        rpc_xdr_decode((xdrproc_t)xdr_items, bytes, &copy, sizeof(copy), "a list", &error));
}

static void
test_bytes_behind_the_value_are_ignored(void)
{
    const guint8 data[] = {0, 0, 0, 9, 'm', 'o', 'r', 'e'};
    g_autoptr(GBytes) bytes = g_bytes_new_static(data, sizeof(data));
    u_int number = 0;

    g_assert_true(
        rpc_xdr_decode((xdrproc_t)xdr_u_int, bytes, &number, sizeof(number), "a number", NULL));
    g_assert_cmpuint(number, ==, 9);
}

static bool_t
xdr_nothing(XDR *xdr, void *value)
{
    return TRUE;
}

static void
test_no_value_is_no_bytes(void)
{
    g_autoptr(GBytes) bytes = rpc_xdr_encode((xdrproc_t)xdr_nothing, NULL, "nothing", NULL);
    char nothing = 0;

    g_assert_cmpuint(g_bytes_get_size(bytes), ==, 0);
    g_assert_true(rpc_xdr_decode((xdrproc_t)xdr_nothing, bytes, &nothing, 1, "nothing", NULL));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rpc/xdr/round-trip-of-every-size", test_round_trip_of_every_size);
    g_test_add_func("/rpc/xdr/too-large-is-an-error", test_too_large_is_an_error);
    g_test_add_func("/rpc/xdr/every-truncation-is-an-error-and-leaves-nothing",
                    test_every_truncation_is_an_error_and_leaves_nothing);
    g_test_add_func("/rpc/xdr/bound-is-checked-before-memory", test_bound_is_checked_before_memory);
    g_test_add_func("/rpc/xdr/bytes-behind-the-value-are-ignored",
                    test_bytes_behind_the_value_are_ignored);
    g_test_add_func("/rpc/xdr/no-value-is-no-bytes", test_no_value_is_no_bytes);
    return g_test_run();
}
