/* What an agent returns, as the API gives it. The replies are as qemu-ga sends them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/libxl_agent_reply.h"

#include "libxl/libxl_agent_vcpus.h"
#include "libxl/libxl_params.h"
#include "util/error.h"

static const char *const targets[] = {"xvda", "xvdb", NULL};

static json_object *
parse(const char *text)
{
    json_object *value = json_tokener_parse(text);

    g_assert_nonnull(value);
    return value;
}

static void
append_param(GString *text, const virTypedParameter *param)
{
    switch (param->type) {
    case VIR_TYPED_PARAM_STRING:
        g_string_append_printf(text, "%s=%s ", param->field, param->value.s);
        break;
    case VIR_TYPED_PARAM_UINT:
        g_string_append_printf(text, "%s=%u ", param->field, param->value.ui);
        break;
    case VIR_TYPED_PARAM_INT:
        g_string_append_printf(text, "%s=%+d ", param->field, param->value.i);
        break;
    case VIR_TYPED_PARAM_ULLONG:
        g_string_append_printf(text, "%s=%lluULL ", param->field, param->value.ul);
        break;
    default:
        g_assert_cmpint(param->type, ==, VIR_TYPED_PARAM_BOOLEAN);
        g_string_append_printf(text, "%s=%s ", param->field, param->value.b ? "yes" : "no");
    }
}

/* Each row: what the command of a type returns, and the parameters; NULL: malformed. */
static const struct {
    const char *name;
    guint type;
    const char *value, *params;
} infos[] = {
    {"users", VIR_DOMAIN_GUEST_INFO_USERS,
     "[{\"user\": \"root\", \"login-time\": 1700000000.25},"
     " {\"user\": \"a\", \"domain\": \"D\", \"login-time\": 1}]",
     "user.count=2 user.0.name=root user.0.login-time=1700000000250ULL user.1.name=a "
     "user.1.domain=D user.1.login-time=1000ULL "},
    {"users/none", VIR_DOMAIN_GUEST_INFO_USERS, "[]", "user.count=0 "},
    {"users/of-another-shape", VIR_DOMAIN_GUEST_INFO_USERS,
     "[{\"user\": 7, \"login-time\": -1e99}]", "user.count=1 "},
    {"users/object", VIR_DOMAIN_GUEST_INFO_USERS, "{}", NULL},
    {"os", VIR_DOMAIN_GUEST_INFO_OS,
     "{\"id\": \"debian\", \"name\": \"Debian GNU/Linux\", \"kernel-release\": \"6.1\", \"x\": "
     "\"y\"}",
     "os.id=debian os.name=Debian GNU/Linux os.kernel-release=6.1 "},
    {"os/array", VIR_DOMAIN_GUEST_INFO_OS, "[]", NULL},
    {"timezone", VIR_DOMAIN_GUEST_INFO_TIMEZONE, "{\"zone\": \"CET\", \"offset\": 3600}",
     "timezone.name=CET timezone.offset=+3600 "},
    {"timezone/west", VIR_DOMAIN_GUEST_INFO_TIMEZONE, "{\"offset\": -3600}",
     "timezone.offset=-3600 "},
    {"timezone/no-offset", VIR_DOMAIN_GUEST_INFO_TIMEZONE, "{\"zone\": \"CET\"}", NULL},
    {"hostname", VIR_DOMAIN_GUEST_INFO_HOSTNAME, "{\"host-name\": \"guest\"}", "hostname=guest "},
    {"hostname/number", VIR_DOMAIN_GUEST_INFO_HOSTNAME, "{\"host-name\": 7}", NULL},
    {"filesystem", VIR_DOMAIN_GUEST_INFO_FILESYSTEM,
     "[{\"name\": \"xvda1\", \"mountpoint\": \"/\", \"type\": \"ext4\", \"used-bytes\": 5,"
     "  \"total-bytes\": 9000000000, \"disk\": [{\"dev\": \"/dev/xvda\", \"serial\": \"s\"},"
     "  {\"dev\": \"/dev/vda\"}]}]",
     "fs.count=1 fs.0.name=xvda1 fs.0.mountpoint=/ fs.0.fstype=ext4 "
     "fs.0.total-bytes=9000000000ULL fs.0.used-bytes=5ULL fs.0.disk.count=2 "
     "fs.0.disk.0.alias=xvda fs.0.disk.0.serial=s fs.0.disk.0.device=/dev/xvda "
     "fs.0.disk.1.device=/dev/vda "},
    {"disks", VIR_DOMAIN_GUEST_INFO_DISKS,
     "[{\"name\": \"/dev/xvdb\", \"partition\": false, \"dependencies\": [],"
     "  \"address\": {\"serial\": \"n\"}, \"alias\": \"z\"},"
     " {\"name\": \"/dev/xvdb1\", \"partition\": true, \"dependencies\": [\"/dev/xvdb\"]}]",
     "disk.count=2 disk.0.name=/dev/xvdb disk.0.partition=no disk.0.dependency.count=0 "
     "disk.0.serial=n disk.0.alias=xvdb disk.0.guest_alias=z disk.1.name=/dev/xvdb1 "
     "disk.1.partition=yes disk.1.dependency.count=1 disk.1.dependency.0.name=/dev/xvdb "},
    {"interfaces", VIR_DOMAIN_GUEST_INFO_INTERFACES,
     "[{\"name\": \"eth0\", \"hardware-address\": \"00:16:3e:00:00:01\", \"ip-addresses\":"
     "   [{\"ip-address-type\": \"ipv4\", \"ip-address\": \"10.0.0.2\", \"prefix\": 8}]},"
     " {\"name\": \"eth0:1\", \"hardware-address\": \"00:16:3e:00:00:01\", \"ip-addresses\":"
     "   [{\"ip-address-type\": \"ipv6\", \"ip-address\": \"fe80::1\", \"prefix\": 64}]},"
     " {\"name\": \"sit0\"}]",
     "if.count=2 if.0.name=eth0 if.0.hwaddr=00:16:3e:00:00:01 if.0.addr.count=2 "
     "if.0.addr.0.type=ipv4 if.0.addr.0.addr=10.0.0.2 if.0.addr.0.prefix=8 "
     "if.0.addr.1.type=ipv6 if.0.addr.1.addr=fe80::1 if.0.addr.1.prefix=64 "
     "if.1.name=sit0 if.1.addr.count=0 "},
    {"interfaces/no-name", VIR_DOMAIN_GUEST_INFO_INTERFACES, "[{}]", NULL},
    {"interfaces/no-prefix", VIR_DOMAIN_GUEST_INFO_INTERFACES,
     "[{\"name\": \"a\", \"ip-addresses\": [{\"ip-address-type\": \"ipv4\", \"ip-address\": "
     "\"::\"}]}]",
     NULL},
};

static void
an_answer_becomes_parameters(gconstpointer data)
{
    gsize row = GPOINTER_TO_SIZE(data);
    json_object *value = parse(infos[row].value);
    g_autoptr(GArray) params = libxl_params_new();
    g_autoptr(GString) text = g_string_new(NULL);

    g_assert_nonnull(libxl_agent_info_command(infos[row].type));
    if (libxl_agent_read_info(infos[row].type, value, targets, params)) {
        for (guint i = 0; i < params->len; i++)
            append_param(text, &g_array_index(params, virTypedParameter, i));
        g_assert_cmpstr(text->str, ==, infos[row].params);
    } else {
        g_assert_null(infos[row].params);
    }
    json_object_put(value);
}

static void
file_systems_name_the_domains_disks(void)
{
    json_object *value = parse("[{\"name\": \"dm-0\", \"mountpoint\": \"/\", \"type\": \"xfs\","
                               "  \"disk\": [{\"dev\": \"/dev/xvda\"}, {\"dev\": \"/dev/xvdb\"},"
                               "  {\"dev\": \"/dev/other\"}, {}]}]");
    g_autoptr(GPtrArray) all = libxl_agent_read_fs_info(value, targets);
    const virDomainFSInfo *info;

    g_assert_cmpuint(all->len, ==, 1);
    info = all->pdata[0];
    g_assert_cmpuint(info->ndevAlias, ==, 2);
    g_assert_cmpstr(info->devAlias[1], ==, "xvdb");
    json_object_put(value);
}

static void
a_file_system_without_a_name_is_malformed(void)
{
    json_object *value = parse("[{\"mountpoint\": \"/\", \"type\": \"xfs\"}]");

    g_assert_null(libxl_agent_read_fs_info(value, targets));
    json_object_put(value);
}

static void
lists_of_vcpus(void)
{
    static const char *const lists[][2] = {
        {"0", "0"}, {"3,1,2", "1-3"}, {"0-4,^2", "0-1,3-4"}, {"0-1, 7", "0-1,7"}, {"4095", "4095"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(lists); i++) {
        LibxlVcpuSet set;
        g_autofree char *text = NULL;

        g_assert_true(libxl_vcpu_set_parse(&set, lists[i][0], NULL));
        text = libxl_vcpu_set_format(&set);
        g_assert_cmpstr(text, ==, lists[i][1]);
    }
}

static void
what_is_no_list_of_vcpus(void)
{
    static const char *const bad[] = {
        "", "x", "1,", "-1", "3-1", "0-", "^0", "4096", "1;2", "^0-1", "99999999999999999999999"};

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        LibxlVcpuSet set;

        g_assert_false(libxl_vcpu_set_parse(&set, bad[i], &error));
        g_assert_error(error, VIRTXL_ERROR, VIR_ERR_INVALID_ARG);
    }
}

static void
vcpus_that_the_agent_tells_of(void)
{
    json_object *value = parse("[{\"logical-id\": 0, \"online\": true, \"can-offline\": false},"
                               " {\"logical-id\": 1, \"online\": false, \"can-offline\": true},"
                               " {\"logical-id\": 2, \"online\": true}]");
    LibxlAgentVcpus vcpus;

    g_assert_true(libxl_agent_vcpus_read(&vcpus, value));
    g_assert_true(vcpus.present.has[2] && !vcpus.present.has[3]);
    g_assert_true(vcpus.online.has[0] && !vcpus.online.has[1]);
    g_assert_true(vcpus.offlinable.has[1] && !vcpus.offlinable.has[2]);
    json_object_put(value);
}

static void
vcpus_out_of_range_are_malformed(void)
{
    static const char *const bad[] = {"{}", "[{}]", "[{\"logical-id\": -1}]",
                                      "[{\"logical-id\": 4096}]", "[{\"logical-id\": \"1\"}]"};

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        json_object *value = parse(bad[i]);
        LibxlAgentVcpus vcpus;

        g_assert_false(libxl_agent_vcpus_read(&vcpus, value));
        json_object_put(value);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(infos); i++) {
        g_autofree char *path = g_strconcat("/libxl/agent/reply/info/", infos[i].name, NULL);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), an_answer_becomes_parameters);
    }
#define TEST(name) g_test_add_func("/libxl/agent/reply/" #name, name)
    TEST(file_systems_name_the_domains_disks);
    TEST(a_file_system_without_a_name_is_malformed);
    TEST(lists_of_vcpus);
    TEST(what_is_no_list_of_vcpus);
    TEST(vcpus_that_the_agent_tells_of);
    TEST(vcpus_out_of_range_are_malformed);
    return g_test_run();
}
