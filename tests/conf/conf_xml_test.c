/* The XML engine by itself: what is kept, where it goes, how it is printed.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "conf/conf_xml.h"

#include <libxml/parser.h>
#include <string.h>

#include "util/error.h"

static xmlDoc *
parse(const char *xml)
{
    g_autoptr(GError) error = NULL;
    xmlDoc *doc = conf_xml_parse(xml, "test", NULL, &error);

    g_assert_no_error(error);
    return doc;
}

static void
assert_prints(const xmlDoc *doc, const char *expected)
{
    g_autofree char *text = conf_xml_print(conf_xml_root(doc), 0);

    g_assert_cmpstr(text, ==, expected);
}

static void
test_print(void)
{
    g_autoptr(xmlDoc) doc = conf_xml_new("a");
    xmlNode *root = conf_xml_root(doc);

    conf_xml_set(conf_xml_add_text(root, "b", "<'\"&>\x01\r\n\t"), "c", "<'\"&>\n\t\x7f");
    conf_xml_set(conf_xml_add(root, "absent"), "value", NULL);
    conf_xml_add_open(root, "open");
    assert_prints(doc,
                  "<a>\n"
                  "  <b c='&lt;&apos;&quot;&amp;&gt;&#10;&#9;\x7f'>&lt;&apos;&quot;&amp;&gt;&#13;\n"
                  "\t</b>\n"
                  "  <absent/>\n"
                  "  <open>\n"
                  "  </open>\n"
                  "</a>\n");
}

static void
test_not_utf8(void)
{
    g_autoptr(xmlDoc) doc = conf_xml_new("a");

    conf_xml_set(conf_xml_root(doc), "path", "/x\xff");
    assert_prints(doc, "<a path='/x\xef\xbf\xbd'/>\n");
}

/* Asks for the attribute b of <a> and for its children c; the rest is kept. */
static ConfXmlKept *
keep_of(const xmlDoc *doc)
{
    xmlNode *root = conf_xml_root(doc);

    g_free(conf_xml_attr(root, "b"));
    for (xmlNode *c = NULL; (c = conf_xml_next_child(root, c, "c"));)
        g_free(conf_xml_text(c));
    return conf_xml_keep(root);
}

static void
test_keep_nothing(void)
{
    g_autoptr(xmlDoc) doc = parse("<a b='1'><!-- x --> <c>text</c> stray </a>");

    g_assert_null(keep_of(doc));
}

static void
test_keep_in_place(void)
{
    static const ConfXmlOrder order[] = {{"first"}, {"c"}, {"middle"}, {"d"}, {NULL}};
    g_autoptr(xmlDoc) doc =
        parse("<a x='1' b='2' y='3'><unknown/><middle><deep z='1'/> t</middle><c>one</c>"
              "<c q='2'><inner/></c><first/><n:first xmlns:n='urn:n'/></a>");
    g_autoptr(ConfXmlKept) kept = keep_of(doc);
    g_autoptr(ConfXmlKept) copy = conf_xml_kept_copy(kept);
    g_autoptr(xmlDoc) out = conf_xml_new("a");
    xmlNode *root = conf_xml_root(out);

    conf_xml_set(root, "b", "new");
    conf_xml_add_text(root, "c", "1");
    conf_xml_add_text(root, "c", NULL);
    conf_xml_add(root, "d");
    conf_xml_put_kept(root, copy, order);
    assert_prints(out, "<a b='new' x='1' y='3'>\n"
                       "  <first/>\n"
                       "  <c>1</c>\n"
                       "  <c q='2'>\n"
                       "    <inner/>\n"
                       "  </c>\n"
                       "  <middle><deep z='1'/> t</middle>\n"
                       "  <d/>\n"
                       "  <unknown/>\n"
                       "  <n:first xmlns:n='urn:n'/>\n"
                       "</a>\n");
}

/* Where the known element is not written, its unknown rest isn't, either. */
static void
test_keep_of_what_is_not_written(void)
{
    g_autoptr(xmlDoc) doc = parse("<a><c q='2'/></a>");
    g_autoptr(ConfXmlKept) kept = keep_of(doc);
    g_autoptr(xmlDoc) out = conf_xml_new("a");

    conf_xml_put_kept(conf_xml_root(out), kept, NULL);
    assert_prints(out, "<a/>\n");
}

static void
test_keep_namespaces(void)
{
    const char *xml = "<a xmlns:n='urn:n' xmlns='urn:default'>\n"
                      "  <n:x n:y='1'/>\n"
                      "  <plain/>\n"
                      "</a>\n";
    g_autoptr(xmlDoc) doc = parse(xml);
    g_autoptr(ConfXmlKept) kept = conf_xml_keep(conf_xml_root(doc));
    g_autoptr(xmlDoc) out = conf_xml_new("a");

    conf_xml_put_kept(conf_xml_root(out), kept, NULL);
    g_autofree char *text = conf_xml_print(conf_xml_root(out), 0);
    g_autoptr(xmlDoc) again = parse(text);
    g_assert_nonnull(again);
    g_assert_nonnull(strstr(text, "<n:x n:y='1'/>"));
}

static void
assert_syntax_error(const char *xml, const char *message)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(conf_xml_parse(xml, "test", "a", &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_XML_DETAIL);
    g_assert_cmpstr(error->message, ==, message);
}

static void
test_syntax_errors(void)
{
    assert_syntax_error("<a>\n\t<b></c>\n</a>",
                        "(test):2: Opening and ending tag mismatch: b line 2 and c\n"
                        "\t<b></c>\n"
                        "\t-------^");
    assert_syntax_error("<a>&x;</a>", "(test):1: Entity 'x' not defined\n<a>&x;</a>\n------^");
}

static void
test_root(void)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(conf_xml_parse("<b/>", "test", "a", &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_XML_ERROR);
}

/* Nothing is loaded, and nothing grows. */
static void
test_entities(void)
{
    static const char *const documents[] = {
        "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
        "<!DOCTYPE a [<!ENTITY x 'yyyy'><!ENTITY z '&x;&x;&x;'>]><a b='&z;'/>",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(documents); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(conf_xml_parse(documents[i], "test", "a", &error));
        g_assert_error(error, VIRTXL_ERROR, VIR_ERR_XML_ERROR);
    }
}

static void
test_depth(void)
{
    g_autoptr(GString) xml = g_string_new(NULL);
    g_autoptr(GError) error = NULL;

    for (int i = 0; i < 10000; i++)
        g_string_append(xml, "<a>");
    g_assert_null(conf_xml_parse(xml->str, "test", "a", &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_XML_DETAIL);
}

static void
assert_scaled(guint64 number, const char *unit, guint64 expected)
{
    guint64 bytes = 0;
    g_autoptr(GError) error = NULL;

    conf_scale_bytes(number, unit, 1024, G_MAXUINT64, &bytes, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(bytes, ==, expected);
}

static void
test_sizes(void)
{
    guint64 bytes;
    g_autoptr(GError) error = NULL;

    assert_scaled(3, NULL, 3 * 1024);
    assert_scaled(3, "", 3 * 1024);
    assert_scaled(3, "b", 3);
    assert_scaled(3, "bytes", 3);
    assert_scaled(3, "k", 3 * 1024);
    assert_scaled(3, "KiB", 3 * 1024);
    assert_scaled(3, "KB", 3000);
    assert_scaled(2, "m", 2 * 1048576);
    assert_scaled(2, "GB", 2000000000);
    assert_scaled(15, "EiB", 15ULL << 60);
    g_assert_false(conf_scale_bytes(16, "E", 1, G_MAXUINT64, &bytes, &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_OVERFLOW);
    g_clear_error(&error);
    g_assert_false(conf_scale_bytes(1, "KiBs", 1, G_MAXUINT64, &bytes, &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_INVALID_ARG);
}

static void
test_numbers(void)
{
    gint64 number;
    guint64 natural;

    g_assert_true(conf_parse_int64("-12", &number) && number == -12);
    g_assert_true(conf_parse_int64("+12", &number) && number == 12);
    g_assert_true(conf_parse_uint64(" 12", &natural) && natural == 12);
    g_assert_false(conf_parse_uint64("12 ", &natural));
    g_assert_false(conf_parse_uint64("", &natural));
    g_assert_false(conf_parse_uint64("-1", &natural));
    g_assert_false(conf_parse_uint64("0x10", &natural));
    g_assert_false(conf_parse_uint64("18446744073709551616", &natural));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/conf-xml/print", test_print);
    g_test_add_func("/conf-xml/not-utf8", test_not_utf8);
    g_test_add_func("/conf-xml/keep-nothing", test_keep_nothing);
    g_test_add_func("/conf-xml/keep-in-place", test_keep_in_place);
    g_test_add_func("/conf-xml/keep-of-what-is-not-written", test_keep_of_what_is_not_written);
    g_test_add_func("/conf-xml/keep-namespaces", test_keep_namespaces);
    g_test_add_func("/conf-xml/syntax-errors", test_syntax_errors);
    g_test_add_func("/conf-xml/root", test_root);
    g_test_add_func("/conf-xml/entities", test_entities);
    g_test_add_func("/conf-xml/depth", test_depth);
    g_test_add_func("/conf-xml/sizes", test_sizes);
    g_test_add_func("/conf-xml/numbers", test_numbers);
    return g_test_run();
}
