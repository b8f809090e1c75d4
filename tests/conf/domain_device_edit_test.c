/* Devices by themselves: parsed, put into a definition, found and taken out.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "conf/domain_device_edit.h"

#include <string.h>

#include "util/error.h"

#define CHANNEL(name, more)                                                                        \
    "<channel type='pty'><target type='virtio' name='" name "'/>" more "</channel>"
#define DISK(target)                                                                               \
    "<disk type='file' device='disk'><source file='/d'/><target dev='" target "' "                 \
    "bus='xen'/></disk>"

static DomainDef *
parse_domain(const char *devices)
{
    g_autofree char *xml =
        g_strdup_printf("<domain type='xen'><name>d</name><memory>65536</memory>"
                        "<os><type arch='x86_64'>linux</type></os><devices>%s</devices></domain>",
                        devices);
    g_autoptr(GError) error = NULL;
    DomainDef *def = domain_def_parse_string(xml, NULL, 0, &error);

    g_assert_no_error(error);
    return def;
}

static DomainDevice *
parse(const char *xml)
{
    g_autoptr(GError) error = NULL;
    DomainDevice *device = domain_device_parse_string(xml, NULL, 0, &error);

    g_assert_no_error(error);
    return device;
}

static void
assert_refused(const char *xml, int code, const char *word)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(domain_device_parse_string(xml, NULL, 0, &error));
    g_assert_error(error, VIRTXL_ERROR, code);
    g_assert_nonnull(strstr(error->message, word));
}

static void
test_family_and_type_are_known(void)
{
    g_autoptr(DomainDevice) channel = parse(CHANNEL("one", ""));
    g_autoptr(DomainDevice) untyped = parse("<channel><target type='xen' name='one'/></channel>");

    g_assert_cmpstr(channel->family->element, ==, "channel");
    g_assert_true(channel->has_type);
    g_assert_cmpstr(((DomainChrDef *)channel->device)->target_name, ==, "one");
    g_assert_false(untyped->has_type);
}

static void
test_what_is_no_device_is_refused(void)
{
    assert_refused("<chanel/>", VIR_ERR_XML_ERROR, "chanel");
    assert_refused("<emulator/>", VIR_ERR_XML_ERROR, "emulator");
    assert_refused("<a:channel xmlns:a='a'/>", VIR_ERR_CONFIG_UNSUPPORTED, "channel");
    assert_refused("<smartcard/>", VIR_ERR_CONFIG_UNSUPPORTED, "smartcard");
    assert_refused("<channel", VIR_ERR_XML_DETAIL, "device_definition");
    assert_refused("<channel type='pty'/>", VIR_ERR_XML_ERROR, "target");
}

static void
test_an_added_device_gets_its_controller_and_no_other_one_changes(void)
{
    g_autoptr(DomainDef) def = parse_domain(DISK("xvda"));
    g_autoptr(DomainDevice) device = parse(CHANNEL("one", "<address type='virtio-serial'/>"));
    gpointer channel = device->device;
    g_autoptr(GError) error = NULL;
    g_autofree char *xml = NULL;

    g_assert_true(domain_def_add_device(def, device, NULL, 0, &error));
    g_assert_null(device->device);
    g_assert_true(def->channels->pdata[0] == channel);
    xml = domain_def_format(def, 0, &error);
    g_assert_nonnull(strstr(xml, "<controller type='virtio-serial' index='0'"));
    g_assert_cmpuint(def->disks->len, ==, 1);
    g_assert_cmpuint(def->consoles->len, ==, 1);
}

static void
test_a_device_is_found_as_it_is_printed_and_removed(void)
{
    g_autoptr(DomainDef) def = parse_domain(DISK("xvda") DISK("xvdb"));
    g_autoptr(DomainDevice) second = parse(DISK("xvdb"));
    g_autoptr(DomainDevice) third = parse(DISK("xvdc"));
    gpointer found = domain_def_find_device(def, second);

    g_assert_true(found == def->disks->pdata[1]);
    g_assert_null(domain_def_find_device(def, third));
    domain_def_remove_device(def, second->family, found);
    g_assert_cmpuint(def->disks->len, ==, 1);
    g_assert_null(domain_def_find_device(def, second));
}

static void
test_a_device_is_found_by_its_alias(void)
{
    g_autoptr(DomainDef) def = parse_domain(DISK("xvda") CHANNEL("one", "<alias name='ua-x'/>"));
    const DomainDeviceFamily *family = NULL;

    g_assert_true(domain_def_find_alias(def, "ua-x", &family) == def->channels->pdata[0]);
    g_assert_cmpstr(family->element, ==, "channel");
    g_assert_null(domain_def_find_alias(def, "ua-y", &family));
}

static void
test_a_copy_knows_which_channel_is_which(void)
{
    g_autoptr(DomainDef) def = parse_domain(CHANNEL("one", "") CHANNEL("two", ""));
    g_autoptr(DomainDef) copy = NULL;
    DomainChrDef *second = def->channels->pdata[1];
    const DomainChrDef *copied;

    second->devid = 7;
    second->ours = true;
    copy = domain_def_copy(def);
    copied = copy->channels->pdata[1];
    g_assert_cmpuint(copied->devid, ==, 7);
    g_assert_true(copied->ours);
    g_assert_false(((DomainChrDef *)copy->channels->pdata[0])->ours);
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*func)(void);
    } tests[] = {
        {"family-and-type-are-known", test_family_and_type_are_known},
        {"what-is-no-device-is-refused", test_what_is_no_device_is_refused},
        {"an-added-device-gets-its-controller-and-no-other-one-changes",
         test_an_added_device_gets_its_controller_and_no_other_one_changes},
        {"a-device-is-found-as-it-is-printed-and-removed",
         test_a_device_is_found_as_it_is_printed_and_removed},
        {"a-device-is-found-by-its-alias", test_a_device_is_found_by_its_alias},
        {"a-copy-knows-which-channel-is-which", test_a_copy_knows_which_channel_is_which},
    };

    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strconcat("/conf/domain-device-edit/", tests[i].name, NULL);

        g_test_add_func(path, tests[i].func);
    }
    return g_test_run();
}
