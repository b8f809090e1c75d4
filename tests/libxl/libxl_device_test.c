/* The table of device families: finding, what is in the way, aliases, libxl's structures.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/libxl_device.h"

#include "conf/disk_conf.h"
#include "conf/net_conf.h"
#include "util/error.h"

#define DISK  "<disk type='file'><source file='/a'/><target dev='%s' bus='xen'/></disk>"
#define MAC_A "00:16:3e:00:00:0a"
#define NIC_A "<interface type='bridge'><mac address='" MAC_A "'/><source bridge='b'/></interface>"
#define NIC_B                                                                                      \
    "<interface type='bridge'><mac address='00:16:3e:00:00:0b'/><source bridge='b'/></interface>"
#define NIC_ANY "<interface type='bridge'><source bridge='b'/></interface>"
#define USB     "<controller type='usb' index='1' model='qusb2'/>"

static DomainDef *
parse(const char *devices)
{
    g_autofree char *xml =
        g_strdup_printf("<domain type='xen'><name>d</name><memory>1024</memory>"
                        "<os><type machine='xenpv'>linux</type></os><devices>%s</devices></domain>",
                        devices);
    g_autoptr(GError) error = NULL;
    DomainDef *def = domain_def_parse_string(xml, NULL, DOMAIN_PARSE_INACTIVE, &error);

    g_assert_no_error(error);
    return def;
}

static DomainDevice *
device(const char *xml)
{
    g_autoptr(GError) error = NULL;
    DomainDevice *parsed = domain_device_parse_string(xml, NULL, DOMAIN_PARSE_INACTIVE, &error);

    g_assert_no_error(error);
    return parsed;
}

/* What is found of @xml in @def, or NULL and the error's code. */
static gpointer
find(const DomainDef *def, const char *xml, int *code)
{
    g_autoptr(DomainDevice) wanted = device(xml);
    g_autoptr(GError) error = NULL;
    gpointer found = libxl_device_find(def, wanted, &error);

    *code = error ? error->code : VIR_ERR_OK;
    return found;
}

static void
test_each_family_is_found_by_what_names_it(void)
{
    g_autofree char *disk = g_strdup_printf(DISK, "xvda");
    g_autofree char *elsewhere = g_strdup_printf(DISK, "xvdb");
    g_autofree char *devices = g_strconcat(disk, NIC_A, NIC_B, USB, NULL);
    g_autoptr(DomainDef) def = parse(devices);
    int code;

    g_assert_true(find(def, "<disk><source file='/other'/><target dev='xvda'/></disk>", &code) ==
                  def->disks->pdata[0]);
    g_assert_null(find(def, elsewhere, &code));
    g_assert_cmpint(code, ==, VIR_ERR_DEVICE_MISSING);
    g_assert_true(find(def, NIC_B, &code) == def->nets->pdata[1]);
    g_assert_nonnull(find(def, USB, &code));
    g_assert_null(find(def, "<controller type='usb' index='2'/>", &code));
}

static void
test_an_interface_without_an_address_is_the_only_one(void)
{
    g_autoptr(DomainDef) one = parse(NIC_A);
    g_autoptr(DomainDef) two = parse(NIC_A NIC_B);
    int code;

    g_assert_true(find(one, NIC_ANY, &code) == one->nets->pdata[0]);
    g_assert_null(find(two, NIC_ANY, &code));
    g_assert_cmpint(code, ==, VIR_ERR_OPERATION_FAILED);
}

static void
test_a_second_one_of_the_same_is_refused(void)
{
    g_autofree char *disk = g_strdup_printf(DISK, "xvda");
    g_autofree char *devices = g_strconcat(disk, NIC_A, NULL);
    g_autoptr(DomainDef) def = parse(devices);
    const char *same[] = {disk, NIC_A};

    for (gsize i = 0; i < G_N_ELEMENTS(same); i++) {
        g_autoptr(DomainDevice) again = device(same[i]);
        g_autoptr(GError) error = NULL;

        g_assert_false(libxl_device_check_is_new(def, again, &error));
        g_assert_error(error, VIRTXL_ERROR, VIR_ERR_OPERATION_FAILED);
    }
}

static void
test_aliases_are_free_ones(void)
{
    g_autofree char *disk = g_strdup_printf(DISK, "xvda");
    g_autofree char *devices = g_strconcat(disk, NIC_A, NIC_B, USB, NULL);
    g_autoptr(DomainDef) def = parse(devices);
    DomainNetDef *first = def->nets->pdata[0], *second = def->nets->pdata[1];

    second->info.alias = g_strdup("net0");
    libxl_device_name_all(def);
    g_assert_cmpstr(first->info.alias, ==, "net1");
    g_assert_cmpstr(second->info.alias, ==, "net0");
    g_assert_cmpstr(((DomainDiskDef *)def->disks->pdata[0])->info.alias, ==, "xen-disk0");
}

/* The name that the host knows it by, or NULL if it can't come and go. */
static char *
name_on_host(const char *xml)
{
    g_autoptr(DomainDevice) wanted = device(xml);
    g_autoptr(DomainDef) def = parse("");
    gpointer added = wanted->device;
    const LibxlDeviceFamily *row = libxl_device_family(wanted->family);
    g_auto(XenDevice) xen = XEN_DEVICE_NONE;

    g_assert_true(domain_def_add_device(def, wanted, NULL, DOMAIN_PARSE_INACTIVE, NULL));
    return libxl_device_map(row, def, added, &xen, NULL) ? xen_device_dup_name(&xen) : NULL;
}

static void
test_libxl_knows_a_device_by_its_name(void)
{
    g_autofree char *xml = g_strdup_printf(DISK, "xvdc");
    g_autofree char *disk = name_on_host(xml);
    g_autofree char *nic = name_on_host(NIC_A);
    g_autofree char *usb = name_on_host(USB);

    g_assert_cmpstr(disk, ==, "xvdc");
    g_assert_cmpstr(nic, ==, MAC_A);
    g_assert_cmpstr(usb, ==, "1");
}

static void
test_a_device_of_the_host_is_known_by_its_place(void)
{
    g_autofree char *pci =
        name_on_host("<hostdev mode='subsystem' type='pci' managed='yes'><source>"
                     "<address domain='0' bus='3' slot='0x10' function='1'/></source></hostdev>");
    g_autofree char *usb = name_on_host("<hostdev mode='subsystem' type='usb'><source>"
                                        "<address bus='1' device='4'/></source></hostdev>");

    g_assert_cmpstr(pci, ==, "0000:03:10.1");
    g_assert_cmpstr(usb, ==, "1.4");
}

static void
test_emulated_hardware_does_not_come_and_go(void)
{
    g_assert_null(name_on_host("<disk><source file='/a'/><target dev='hda' bus='ide'/></disk>"));
    g_assert_null(name_on_host("<controller type='scsi' index='0'/>"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/libxl-device/find", test_each_family_is_found_by_what_names_it);
    g_test_add_func("/libxl-device/find-only",
                    test_an_interface_without_an_address_is_the_only_one);
    g_test_add_func("/libxl-device/same", test_a_second_one_of_the_same_is_refused);
    g_test_add_func("/libxl-device/aliases", test_aliases_are_free_ones);
    g_test_add_func("/libxl-device/names", test_libxl_knows_a_device_by_its_name);
    g_test_add_func("/libxl-device/hostdev", test_a_device_of_the_host_is_known_by_its_place);
    g_test_add_func("/libxl-device/emulated", test_emulated_hardware_does_not_come_and_go);
    return g_test_run();
}
