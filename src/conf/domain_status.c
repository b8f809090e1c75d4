/* Status documents: what is kept in /run about a running domain, in the format
 * of libvirt's Xen driver, so that either driver takes over from the other.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "conf/domain_conf_private.h"
#include "util/error.h"
#include "util/i18n.h"

static ConfNames state_names = {
    "nostate", "running", "blocked",     "paused", "shutdown",
    "shutoff", "crashed", "pmsuspended", NULL,
};

#define REASONS_MAX 16

/* By state, then by virDomain*Reason. */
static const char *const reason_names[][REASONS_MAX] = {
    [VIR_DOMAIN_NOSTATE] = {"unknown"},
    [VIR_DOMAIN_RUNNING] = {"unknown", "booted", "migrated", "restored", "from snapshot",
                            "unpaused", "migration canceled", "save canceled", "wakeup", "crashed",
                            "post-copy", "post-copy failed"},
    [VIR_DOMAIN_BLOCKED] = {"unknown"},
    [VIR_DOMAIN_PAUSED] = {"unknown", "user", "migration", "save", "dump", "ioerror", "watchdog",
                           "from snapshot", "shutdown", "snapshot", "panicked", "starting up",
                           "post-copy", "post-copy failed"},
    [VIR_DOMAIN_SHUTDOWN] = {"unknown", "user"},
    [VIR_DOMAIN_SHUTOFF] = {"unknown", "shutdown", "destroyed", "crashed", "migrated", "saved",
                            "failed", "from snapshot", "daemon"},
    [VIR_DOMAIN_CRASHED] = {"unknown", "panicked"},
    [VIR_DOMAIN_PMSUSPENDED] = {"unknown"},
};

void
domain_status_free(DomainStatus *status)
{
    if (!status)
        return;
    domain_def_free(status->def);
    g_free(status);
}

static bool
parse_state(DomainStatus *status, xmlNode *node, GError **error)
{
    g_autofree char *reason = conf_xml_attr(node, "reason");
    int state = -1;

    if (!conf_xml_attr_enum(node, "state", state_names, &state, VIR_ERR_INTERNAL_ERROR, error))
        return false;
    if (state < 0)
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("Missing required attribute 'state' in element 'domstatus'"));
    status->state = (virDomainState)state;
    if (!reason)
        return true;
    status->reason = conf_names_find(reason_names[state], reason);
    if (status->reason < 0)
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("invalid reason '%s' of domain state '%s'"), reason,
                                state_names[state]);
    return true;
}

static bool
parse_agent_timeout(DomainStatus *status, xmlNode *node, GError **error)
{
    g_autofree char *text = conf_xml_child_text(node, "agentTimeout");
    gint64 value = VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_BLOCK;

    if (text && !g_ascii_string_to_signed(text, 10, VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_BLOCK,
                                          G_MAXINT, &value, NULL))
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("invalid timeout '%s' of the guest agent"), text);
    status->agent_timeout = (int)value;
    return true;
}

DomainStatus *
domain_status_parse(const char *xml, const DomainParseDefaults *defaults, GError **error)
{
    g_autoptr(xmlDoc) doc = conf_xml_parse(xml, "domain_status", "domstatus", error);
    g_autoptr(DomainStatus) status = g_new0(DomainStatus, 1);
    xmlNode *node, *domain;
    gint64 pid = 0;

    if (!doc)
        return NULL;
    node = conf_xml_root(doc);
    if (!parse_state(status, node, error) ||
        !conf_xml_attr_int64(node, "pid", &pid, VIR_ERR_INTERNAL_ERROR, error))
        return NULL;
    status->pid = (pid_t)pid;
    if (!parse_agent_timeout(status, node, error))
        return NULL;
    domain = conf_xml_child(node, "domain");
    if (!domain) {
        virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR, _("no domain in a status document"));
        return NULL;
    }
    status->def = domain_def_parse_node(domain, defaults, DOMAIN_PARSE_COMPLETE, error);
    if (!status->def)
        return NULL;
    return g_steal_pointer(&status);
}

static void
add_agent_timeout(xmlNode *root, int timeout)
{
    g_autofree char *text = g_strdup_printf("%d", timeout);

    if (timeout != VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_BLOCK)
        conf_xml_add_text(root, "agentTimeout", text);
}

char *
domain_status_format(const DomainDef *def, virDomainState state, int reason, pid_t pid,
                     int agent_timeout, GError **error)
{
    g_autoptr(xmlDoc) doc = conf_xml_new("domstatus");
    g_autoptr(xmlDoc) domain =
        domain_def_format_doc(def, DOMAIN_FORMAT_STATUS | VIR_DOMAIN_XML_SECURE);
    xmlNode *root = conf_xml_root(doc);
    const char *text = NULL;

    if (state < G_N_ELEMENTS(reason_names) && reason >= 0 && reason < REASONS_MAX)
        text = reason_names[state][reason];
    if (!text) {
        virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR, _("domain '%s': state %d has no reason %d"),
                         def->name, (int)state, reason);
        return NULL;
    }
    conf_xml_set(root, "state", state_names[state]);
    conf_xml_set(root, "reason", text);
    conf_xml_setf(root, "pid", "%" G_GINT64_FORMAT, (gint64)pid);
    add_agent_timeout(root, agent_timeout);
    conf_xml_move(root, domain);
    return conf_xml_print(root, 0);
}
