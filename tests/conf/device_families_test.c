/* What fixtures can't say of the device families: what is made up at random,
 * what depends on flags, and the helpers that other rooms call.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "conf/disk_conf.h"
#include "conf/domain_conf.h"
#include "conf/graphics_conf.h"
#include "conf/net_conf.h"

#define DOMAIN_XML(devices)                                                                        \
    "<domain type='xen'><name>d</name><memory>65536</memory>"                                      \
    "<os><type arch='x86_64'>linux</type></os><devices>" devices "</devices></domain>"

static DomainDef *
parse(const char *xml, unsigned flags)
{
    g_autoptr(GError) error = NULL;
    DomainDef *def = domain_def_parse_string(xml, NULL, flags, &error);

    g_assert_no_error(error);
    return def;
}

static char *
format(const DomainDef *def, unsigned flags)
{
    g_autoptr(GError) error = NULL;
    char *text = domain_def_format(def, flags, &error);

    g_assert_no_error(error);
    return text;
}

static void
test_missing_mac_is_generated_in_xens_range(void)
{
    g_autoptr(DomainDef) def =
        parse(DOMAIN_XML("<interface type='user'/><interface type='user'/>"), 0);
    const DomainNetDef *first = g_ptr_array_index(def->nets, 0);
    const DomainNetDef *second = g_ptr_array_index(def->nets, 1);
    g_autofree char *text = domain_net_mac_string(first->mac);

    g_assert_true(first->mac_generated);
    g_assert_true(g_str_has_prefix(text, "00:16:3e:"));
    g_assert_cmpmem(second->mac, 3, first->mac, 3);
    g_assert_true(memcmp(first->mac, second->mac, DOMAIN_NET_MAC_LENGTH) != 0);
}

static void
test_mac_addresses_are_read(void)
{
    static const char *const bad[] = {"",
                                      "00:16:3e:00:00",
                                      "00:16:3e:00:00:00:00",
                                      "00:16:3e:00:00:",
                                      "00:16:3e:00:00:100",
                                      "00:16:3e:00:00:0x",
                                      "00-16-3e-00-00-00",
                                      " 0:16:3e:00:00:00"};
    guint8 mac[DOMAIN_NET_MAC_LENGTH];
    g_autofree char *text = NULL;

    g_assert_true(domain_net_mac_parse("0:16:3E:a:Bb:ff", mac));
    text = domain_net_mac_string(mac);
    g_assert_cmpstr(text, ==, "00:16:3e:0a:bb:ff");
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
        g_assert_false(domain_net_mac_parse(bad[i], mac));
}

static void
test_disk_targets_have_a_number(void)
{
    static const struct {
        const char *target;
        int index;
        unsigned partition;
    } cases[] = {
        {"hda", 0, 0},    {"hdd", 3, 0},   {"xvda", 0, 0},    {"xvdz", 25, 0},
        {"xvdaa", 26, 0}, {"sdba", 52, 0}, {"fdb", 1, 0},     {"xvda15", 0, 15},
        {"vdb1", 1, 1},   {"ubdc", 2, 0},  {"foo", -1, 0},    {"", -1, 0},
        {"hd", -1, 0},    {"xvdA", -1, 0}, {"xvda1x", -1, 0}, {"hda-1", -1, 0},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        unsigned partition = 0;

        g_test_message("%s", cases[i].target);
        g_assert_cmpint(domain_disk_target_index(cases[i].target, &partition), ==, cases[i].index);
        g_assert_cmpuint(partition, ==, cases[i].partition);
    }
}

static void
test_long_disk_target_does_not_overflow(void)
{
    g_autofree char *letters = g_strnfill(1000, 'z');
    g_autofree char *target = g_strconcat("xvd", letters, NULL);

    g_assert_cmpint(domain_disk_target_index(target, NULL), ==, -1);
}

static void
test_password_is_shown_only_when_asked_for(void)
{
    g_autoptr(DomainDef) def =
        parse(DOMAIN_XML("<graphics type='vnc' passwd='hidden' connected='keep'/>"
                         "<graphics type='spice' autoport='yes' passwd='hidden'/>"),
              DOMAIN_PARSE_INACTIVE);
    g_autofree char *plain = format(def, VIR_DOMAIN_XML_INACTIVE);
    g_autofree char *secure = format(def, VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE);
    g_autofree char *status = format(def, DOMAIN_FORMAT_STATUS);

    g_assert_null(strstr(plain, "hidden"));
    g_assert_nonnull(strstr(plain, "connected='keep'"));
    g_assert_nonnull(strstr(secure, " passwd='hidden'"));
    g_assert_nonnull(strstr(status, " passwd='hidden'"));
}

static void
test_live_ports_and_names_are_not_for_the_next_start(void)
{
    g_autoptr(DomainDef) def =
        parse(DOMAIN_XML("<interface type='network'><source network='n' bridge='virbr0'/>"
                         "<target dev='vif7.0'/></interface>"
                         "<graphics type='vnc' port='5903' autoport='yes'>"
                         "<listen type='network' network='n' address='192.0.2.1'/></graphics>"),
              DOMAIN_PARSE_COMPLETE);
    g_autofree char *live = format(def, 0);
    g_autofree char *inactive = format(def, VIR_DOMAIN_XML_INACTIVE);

    g_assert_nonnull(strstr(live, "<source network='n' bridge='virbr0'/>"));
    g_assert_nonnull(strstr(live, "<target dev='vif7.0'/>"));
    g_assert_nonnull(strstr(live, "port='5903' autoport='yes' listen='192.0.2.1'"));
    g_assert_nonnull(strstr(inactive, "<source network='n'/>"));
    g_assert_null(strstr(inactive, "vif7.0"));
    g_assert_nonnull(strstr(inactive, "port='-1' autoport='yes'>"));
    g_assert_nonnull(strstr(inactive, "<listen type='network' network='n'/>"));
}

static void
test_far_drive_address_does_not_add_a_million_controllers(void)
{
    g_autoptr(DomainDef) def =
        parse(DOMAIN_XML("<disk><source file='/a'/><target dev='hda' bus='ide'/>"
                         "<address type='drive' controller='4294967295'/></disk>"),
              DOMAIN_PARSE_INACTIVE);

    g_assert_cmpuint(def->controllers->len, <, 2000);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/conf/net/missing-mac-is-generated",
                    test_missing_mac_is_generated_in_xens_range);
    g_test_add_func("/conf/net/mac-addresses-are-read", test_mac_addresses_are_read);
    g_test_add_func("/conf/disk/targets-have-a-number", test_disk_targets_have_a_number);
    g_test_add_func("/conf/disk/long-target", test_long_disk_target_does_not_overflow);
    g_test_add_func("/conf/disk/far-address",
                    test_far_drive_address_does_not_add_a_million_controllers);
    g_test_add_func("/conf/graphics/password", test_password_is_shown_only_when_asked_for);
    g_test_add_func("/conf/live-only", test_live_ports_and_names_are_not_for_the_next_start);
    return g_test_run();
}
