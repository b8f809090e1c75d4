/* How domains are found.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/libxl_domain_list.h"

/* Names differ in their first letter, and so do uuids. */
static LibxlDomain *
add(LibxlDomainList *list, const char *name)
{
    const guint8 uuid[VIR_UUID_BUFLEN] = {(guint8)name[0]};
    LibxlDomain *domain = libxl_domain_list_obtain(list, name, uuid, NULL);

    g_assert_nonnull(domain);
    return domain;
}

static void
run_as(LibxlDomain *domain, int id)
{
    DomainDef *live = domain_def_new();

    live->id = id;
    libxl_domain_set_live(domain, live);
}

/* NULL: nobody. */
static void
assert_has_id(LibxlDomainList *list, int id, const LibxlDomain *domain)
{
    g_autoptr(LibxlDomain) found = libxl_domain_list_find_id(list, id);

    g_assert_true(found == domain);
}

static void
test_an_id_is_that_of_a_domain_that_runs(void)
{
    LibxlDomainList *list = libxl_domain_list_new();
    g_autoptr(LibxlDomain) zero = add(list, "zero");
    g_autoptr(LibxlDomain) domain = add(list, "domain");

    run_as(zero, 0);
    assert_has_id(list, 0, zero);
    assert_has_id(list, 7, NULL);
    run_as(domain, 7);
    assert_has_id(list, 7, domain);
    libxl_domain_set_live(domain, NULL);
    assert_has_id(list, 7, NULL);
    assert_has_id(list, -1, NULL);
    assert_has_id(list, 0, zero);
    libxl_domain_list_free(list);
}

static void
test_a_domain_that_starts_again_has_another_id(void)
{
    LibxlDomainList *list = libxl_domain_list_new();
    g_autoptr(LibxlDomain) domain = add(list, "domain");

    run_as(domain, 7);
    run_as(domain, 8);
    assert_has_id(list, 7, NULL);
    assert_has_id(list, 8, domain);
    run_as(domain, 8);
    assert_has_id(list, 8, domain);
    libxl_domain_list_free(list);
}

static void
test_an_id_can_be_given_again(void)
{
    LibxlDomainList *list = libxl_domain_list_new();
    g_autoptr(LibxlDomain) domain = add(list, "domain");
    g_autoptr(LibxlDomain) next = add(list, "next");

    run_as(domain, 7);
    run_as(next, 7);
    libxl_domain_set_live(domain, NULL);
    assert_has_id(list, 7, next);
    libxl_domain_list_free(list);
}

static void
test_a_domain_that_is_taken_out_is_not_found(void)
{
    LibxlDomainList *list = libxl_domain_list_new();
    g_autoptr(LibxlDomain) domain = add(list, "domain");

    run_as(domain, 7);
    libxl_domain_list_prune(list, domain);
    assert_has_id(list, 7, domain);
    libxl_domain_set_live(domain, NULL);
    libxl_domain_list_prune(list, domain);
    assert_has_id(list, 7, NULL);
    g_assert_null(libxl_domain_list_peek_uuid(list, domain->uuid));
    g_assert_null(libxl_domain_list_find_name(list, "domain"));
    libxl_domain_list_free(list);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/domain-list/an id is that of a domain that runs",
                    test_an_id_is_that_of_a_domain_that_runs);
    g_test_add_func("/domain-list/a domain that starts again has another id",
                    test_a_domain_that_starts_again_has_another_id);
    g_test_add_func("/domain-list/an id can be given again", test_an_id_can_be_given_again);
    g_test_add_func("/domain-list/a domain that is taken out is not found",
                    test_a_domain_that_is_taken_out_is_not_found);
    return g_test_run();
}
