/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libxl/libxl_conf.h"

#define HVM "<os><type arch='x86_64' machine='xenfv'>hvm</type></os>"
#define PV  "<os><type arch='x86_64' machine='xenpv'>linux</type><kernel>/k</kernel></os>"

static bool
has_nesting(const char *os, const char *cpu)
{
    g_autofree char *xml = g_strconcat("<domain type='xen'><name>tc</name>"
                                       "<memory unit='KiB'>131072</memory><vcpu>1</vcpu>",
                                       os, cpu, "</domain>", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(DomainDef) def = domain_def_parse_string(xml, NULL, DOMAIN_PARSE_INACTIVE, &error);
    libxl_domain_config config;
    bool has;

    g_assert_no_error(error);
    libxl_domain_config_init(&config);
    g_assert_true(libxl_build_domain_config(def, &config, &error));
    libxl_conf_allow_nesting(def, &config);
    has = !libxl_defbool_is_default(config.b_info.nested_hvm) &&
          libxl_defbool_val(config.b_info.nested_hvm);
    libxl_domain_config_dispose(&config);
    return has;
}

static void
test_nesting_is_for_hvm_guests_that_see_the_hosts_cpu(void)
{
    g_assert_true(has_nesting(HVM, "<cpu mode='host-passthrough'/>"));
    g_assert_false(has_nesting(HVM, ""));
    g_assert_false(has_nesting(HVM, "<cpu mode='host-model'/>"));
    g_assert_false(has_nesting(PV, "<cpu mode='host-passthrough'/>"));
}

static void
test_nesting_is_not_for_guests_whose_definition_disables_it(void)
{
    g_assert_false(has_nesting(HVM, "<cpu mode='host-passthrough'>"
                                    "<feature policy='disable' name='vmx'/></cpu>"));
    g_assert_false(has_nesting(HVM, "<cpu mode='host-passthrough'>"
                                    "<feature policy='forbid' name='svm'/></cpu>"));
    g_assert_true(has_nesting(HVM, "<cpu mode='host-passthrough'>"
                                   "<feature policy='require' name='vmx'/></cpu>"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cpu/nesting-is-for-hvm-guests-that-see-the-hosts-cpu",
                    test_nesting_is_for_hvm_guests_that_see_the_hosts_cpu);
    g_test_add_func("/cpu/nesting-is-not-for-guests-whose-definition-disables-it",
                    test_nesting_is_not_for_guests_whose_definition_disables_it);
    return g_test_run();
}
