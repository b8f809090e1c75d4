/* libvirt's schema of domain XML; see domain_schema.h.
 *
 * libxml2 says only that <devices> is not as it should be, whatever is wrong inside
 * it. So the first device that spoils it is looked for: the longest run of devices
 * with which the document is valid ends before it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "conf/domain_schema.h"

#include <libxml/relaxng.h>
#include <string.h>

#include "conf/conf_xml.h"
#include "util/error.h"
#include "util/i18n.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlRelaxNGParserCtxt, xmlRelaxNGFreeParserCtxt)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlRelaxNGValidCtxt, xmlRelaxNGFreeValidCtxt)

struct DomainSchema {
    char *path;
    GMutex lock;         /* libxml2 does not say that two may validate by one schema */
    xmlRelaxNG *relaxng; /* NULL: not read yet */
};

DomainSchema *
domain_schema_new(const char *path)
{
    DomainSchema *schema = g_new0(DomainSchema, 1);

    schema->path = g_strdup(path);
    g_mutex_init(&schema->lock);
    return schema;
}

void
domain_schema_free(DomainSchema *schema)
{
    if (!schema)
        return;
    xmlRelaxNGFree(schema->relaxng);
    g_mutex_clear(&schema->lock);
    g_free(schema->path);
    g_free(schema);
}

/* --- libxml2 ----------------------------------------------------------------- */

/* Appends what libxml2 says to the GString @data, a line each. */
static void
note_error(void *data, xmlError *detail)
{
    GString *text = data;
    g_autofree char *message = g_utf8_make_valid(detail->message ? detail->message : "", -1);

    g_string_append_printf(text, "%s%s", text->len ? "\n" : "", g_strchomp(message));
}

static bool
read_schema(DomainSchema *schema, GError **error)
{
    g_autoptr(xmlRelaxNGParserCtxt) parser = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(xmlDoc) doc = NULL;

    if (schema->relaxng)
        return true;
    if (!g_file_test(schema->path, G_FILE_TEST_EXISTS))
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("the schema '%s' that definitions are validated against is not "
                                  "installed"),
                                schema->path);
    doc =
        xmlReadFile(schema->path, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    parser = doc ? xmlRelaxNGNewDocParserCtxt(doc) : NULL;
    if (parser) {
        xmlRelaxNGSetParserStructuredErrors(parser, note_error, text);
        schema->relaxng = xmlRelaxNGParse(parser);
    }
    if (!schema->relaxng)
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR, _("cannot read schema '%s': %s"),
                                schema->path, doc ? text->str : _("not a document"));
    return true;
}

/* Whether @doc is valid; why not is appended to @text. */
static bool
is_valid(DomainSchema *schema, xmlDoc *doc, GString *text)
{
    g_autoptr(xmlRelaxNGValidCtxt) context = xmlRelaxNGNewValidCtxt(schema->relaxng);

    xmlRelaxNGSetValidStructuredErrors(context, note_error, text);
    return xmlRelaxNGValidateDoc(context, doc) == 0;
}

/* --- the device that is not valid ---------------------------------------------- */

static xmlNode *
find_devices(const xmlDoc *doc)
{
    xmlNode *child = xmlFirstElementChild(conf_xml_root(doc));

    while (child && strcmp((const char *)child->name, "devices") != 0)
        child = xmlNextElementSibling(child);
    return child;
}

/* Whether @doc is valid with the first @count of @nodes, the children of @devices. */
static bool
is_valid_with(DomainSchema *schema, xmlDoc *doc, xmlNode *devices, const GPtrArray *nodes,
              guint count)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < nodes->len; i++) {
        xmlNode *node = nodes->pdata[i];

        if (i >= count)
            xmlUnlinkNode(node);
        else if (!node->parent)
            xmlAddChild(devices, node);
    }
    return is_valid(schema, doc, text);
}

/* Names in @text the first device in @doc that makes it invalid, if one does. */
static void
name_device(DomainSchema *schema, xmlDoc *doc, GString *text)
{
    xmlNode *devices = find_devices(doc);
    g_autoptr(GPtrArray) nodes = g_ptr_array_new();
    guint valid = 0, invalid;

    if (!devices)
        return;
    for (xmlNode *node = xmlFirstElementChild(devices); node; node = xmlNextElementSibling(node))
        g_ptr_array_add(nodes, node);
    invalid = nodes->len;
    if (invalid > 0 && is_valid_with(schema, doc, devices, nodes, 0)) {
        const xmlNode *node;

        while (invalid - valid > 1) {
            guint middle = valid + (invalid - valid) / 2;

            if (is_valid_with(schema, doc, devices, nodes, middle))
                valid = middle;
            else
                invalid = middle;
        }
        node = nodes->pdata[valid];
        g_string_append_c(text, '\n');
        g_string_append_printf(text, _("The first device that is not valid is <%s> in line %ld"),
                               (const char *)node->name, xmlGetLineNo(node));
    }
    is_valid_with(schema, doc, devices, nodes, nodes->len); /* all belong to @doc again */
}

/* --- all of it ------------------------------------------------------------------ */

static bool
validate(DomainSchema *schema, xmlDoc *doc, GError **error)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&schema->lock);
    g_autoptr(GString) text = g_string_new(NULL);

    if (!read_schema(schema, error))
        return false;
    if (is_valid(schema, doc, text))
        return true;
    name_device(schema, doc, text);
    return virtxl_error_set(error, VIR_ERR_XML_INVALID_SCHEMA,
                            _("Unable to validate doc against %s\n%s"), schema->path, text->str);
}

bool
domain_schema_validate(DomainSchema *schema, const char *xml, GError **error)
{
    g_autoptr(xmlDoc) doc = conf_xml_parse(xml, "domain_definition", "domain", error);

    return doc && validate(schema, doc, error);
}

bool
domain_schema_validate_cpu(DomainSchema *schema, const char *xml, GError **error)
{
    g_autoptr(xmlDoc) doc = conf_xml_parse(xml, "CPU_definition", "cpu", error);

    return doc && validate(schema, doc, error);
}
