/*
 * libyaml's document loader, with limits; one walk turns its result into a
 * json-c tree. The loader is used and not the event parser, because it resolves
 * anchors and aliases and the files have a few kilobytes.
 *
 * The schema is YAML 1.2's core schema and not 1.1: "no" and "on" stay text and
 * "0777" is a decimal number, as authors of task configurations expect from
 * JSON. Merge keys (<<) and dates stay as they are written. A tag would make
 * something else of a value, so one that is not passed over by the loader is
 * refused.
 */
#include "base/yaml.h"
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <yaml.h>

/* One conversion. The counts are of values visited, so an alias that stands in
 * ten places counts ten times: what must be limited is the tree made, not the
 * text read. */
struct walk {
    /* Borrowed; where nodes are found by number. */
    yaml_document_t *document;
    /* The depth of the value being converted; the root has 1. */
    unsigned depth;
    /* Visited so far. */
    unsigned values;
};

/* *out is NULL for a null. An alias to one of its own parents would never end:
 * the depth limit ends it. */
static int convert(struct walk *walk, yaml_node_t *node,
                   struct json_object **out);

/* The numbers of the core schema in base ten, but for infinities and NaN: those
 * stay text, because JSON has none of them. *is_float: there is a point
 * or an exponent. */
static bool is_decimal(const char *text, bool *is_float)
{
    const char *at = text;

    *is_float = false;
    if (*at == '-' || *at == '+')
        at++;
    size_t digits = strspn(at, "0123456789");
    at += digits;
    if (*at == '.') {
        size_t after = strspn(at + 1, "0123456789");

        digits += after;
        at += 1 + after;
        *is_float = true;
    }
    if (digits && (*at == 'e' || *at == 'E')) {
        *is_float = true;
        at++;
        if (*at == '-' || *at == '+')
            at++;
        if (!*at)
            return false;
        at += strspn(at, "0123456789");
    }
    return digits && !*at;
}

/* "0x1f" and "0o17" of the core schema. */
static struct json_object *based_number(const char *text)
{
    bool is_hex = !strncmp(text, "0x", 2);
    const char *digits = is_hex ? "0123456789abcdefABCDEF" : "01234567";

    if ((!is_hex && strncmp(text, "0o", 2) != 0) || !text[2] ||
        text[2 + strspn(text + 2, digits)])
        return NULL;
    errno = 0;
    uint64_t value = strtoull(text + 2, NULL, is_hex ? 16 : 8);

    if (errno)
        return NULL;
    return value > INT64_MAX ? json_object_new_uint64(value)
                             : json_object_new_int64((int64_t)value);
}

/* NULL where the text is no number that fits: it stays text, and the getter
 * that wants a number refuses it by name. */
static struct json_object *number(const char *text)
{
    bool is_float;

    if (!is_decimal(text, &is_float))
        return based_number(text);
    /* strtoll() and strtoull() tell overflow in errno only. */
    errno = 0;
    if (is_float)
        return json_object_new_double(strtod(text, NULL));
    if (*text == '-') {
        int64_t value = strtoll(text, NULL, 10);

        return errno ? NULL : json_object_new_int64(value);
    }
    uint64_t value = strtoull(text, NULL, 10);

    if (errno)
        return NULL;
    return value > INT64_MAX ? json_object_new_uint64(value)
                             : json_object_new_int64((int64_t)value);
}

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++) {
        if (!strcmp(text, *words))
            return true;
    }
    return false;
}

/* Quotes make text of anything: "true" and "12" are strings then. */
static void convert_scalar(const yaml_node_t *node, struct json_object **out)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const trues[] = {"true", "True", "TRUE", NULL};
    static const char *const falses[] = {"false", "False", "FALSE", NULL};
    const char *text = (const char *)node->data.scalar.value;

    *out = NULL;
    if (node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
        if (is_one_of(text, nulls))
            return;
        if (is_one_of(text, trues) || is_one_of(text, falses)) {
            *out = json_object_new_boolean(is_one_of(text, trues));
            return;
        }
        *out = number(text);
        if (*out)
            return;
    }
    *out = json_object_new_string_len(text, (int)node->data.scalar.length);
}

/* The loader gives each node a tag, for plain scalars that of texts. So !!str
 * before a number can't be seen here, and changes nothing. */
static int check_tag(const yaml_node_t *node)
{
    const char *tag = (const char *)node->tag, *own = YAML_DEFAULT_SCALAR_TAG;

    if (node->type == YAML_SEQUENCE_NODE)
        own = YAML_DEFAULT_SEQUENCE_TAG;
    else if (node->type == YAML_MAPPING_NODE)
        own = YAML_DEFAULT_MAPPING_TAG;
    return strcmp(tag, own)
               ? err_set(ERR_INVALID,
                         "line %zu: the tag %.64s is not known here; leave it "
                         "out",
                         node->start_mark.line + 1, tag)
               : 0;
}

/* On an error the part made so far is released, and *out not set. */
static int convert_sequence(struct walk *walk, const yaml_node_t *node,
                            struct json_object **out)
{
    struct json_object *array = json_object_new_array();

    for (yaml_node_item_t *item = node->data.sequence.items.start;
         item < node->data.sequence.items.top; item++) {
        struct json_object *value;
        yaml_node_t *child = yaml_document_get_node(walk->document, *item);
        int status = convert(walk, child, &value);

        if (status) {
            json_object_put(array);
            return status;
        }
        json_object_array_add(array, value);
    }
    *out = array;
    return 0;
}

static int convert_mapping(struct walk *walk, const yaml_node_t *node,
                           struct json_object **out)
{
    struct json_object *object = json_object_new_object();
    int status;

    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        yaml_node_t *key = yaml_document_get_node(walk->document, pair->key);
        yaml_node_t *child =
            yaml_document_get_node(walk->document, pair->value);
        struct json_object *value;

        /* YAML allows mappings as keys; JSON has no such thing. */
        if (key->type != YAML_SCALAR_NODE) {
            status = err_set(ERR_INVALID, "line %zu: a key must be text",
                             key->start_mark.line + 1);
            goto err;
        }
        status = check_tag(key);
        if (status)
            goto err;
        const char *name = (const char *)key->data.scalar.value;

        /* The second value would silently win. In a configuration file that is
         * a mistake to report. */
        if (json_object_object_get_ex(object, name, NULL)) {
            status = err_set(ERR_INVALID, "line %zu: %.64s is there twice",
                             key->start_mark.line + 1, name);
            goto err;
        }
        status = convert(walk, child, &value);
        if (status)
            goto err;
        json_object_object_add(object, name, value);
    }
    *out = object;
    return 0;
err:
    json_object_put(object);
    return status;
}

static int convert(struct walk *walk, yaml_node_t *node,
                   struct json_object **out)
{
    int status = 0;

    /* The loader gives numbers only of nodes that it has made. */
    CHECK(node);
    if (++walk->values > YAML_VALUES_MAX)
        return err_set(ERR_LIMIT, "more than %u values", YAML_VALUES_MAX);
    if (++walk->depth > YAML_DEPTH_MAX)
        return err_set(ERR_LIMIT, "line %zu: nested deeper than %u",
                       node->start_mark.line + 1, YAML_DEPTH_MAX);
    status = check_tag(node);
    if (status)
        return status;
    switch (node->type) {
    case YAML_SEQUENCE_NODE:
        status = convert_sequence(walk, node, out);
        break;
    case YAML_MAPPING_NODE:
        status = convert_mapping(walk, node, out);
        break;
    default:
        convert_scalar(node, out);
        break;
    }
    /* After an error the walk is over. */
    walk->depth--;
    return status;
}

static int parser_error(const yaml_parser_t *parser)
{
    return err_set(ERR_INVALID, "line %zu: %s", parser->problem_mark.line + 1,
                   parser->problem ? parser->problem : "no YAML");
}

/* There are two loads: the document, and the rest, which must be empty. */
int yaml_parse(struct bytes text, struct json_object **out)
{
    yaml_parser_t parser;
    yaml_document_t document, second;
    struct walk walk = {.document = &document};
    yaml_node_t *root;
    int status;

    *out = NULL;
    CHECK(yaml_parser_initialize(&parser));
    yaml_parser_set_input_string(
        &parser, text.data ? text.data : (const uint8_t *)"", text.size);
    if (!yaml_parser_load(&parser, &document)) {
        status = parser_error(&parser);
        goto err1;
    }
    root = yaml_document_get_root_node(&document);
    status = root ? convert(&walk, root, out) : 0;
    if (status || !root)
        goto err2;

    /* The second load shows whether the text ends here: at the end it gives a
     * document without a root. */
    if (!yaml_parser_load(&parser, &second)) {
        status = parser_error(&parser);
    } else {
        if (yaml_document_get_root_node(&second))
            status = err_set(ERR_INVALID, "more than one document");
        yaml_document_delete(&second);
    }
    if (status) {
        json_object_put(*out);
        *out = NULL;
    }
err2:
    yaml_document_delete(&document);
err1:
    yaml_parser_delete(&parser);
    return status;
}

static size_t find_line(yaml_document_t *document, const char *key)
{
    const yaml_node_t *root = yaml_document_get_root_node(document);

    if (!root || root->type != YAML_MAPPING_NODE)
        return 0;
    for (yaml_node_pair_t *pair = root->data.mapping.pairs.start;
         pair < root->data.mapping.pairs.top; pair++) {
        const yaml_node_t *node = yaml_document_get_node(document, pair->key);

        if (node->type == YAML_SCALAR_NODE &&
            !strcmp((const char *)node->data.scalar.value, key))
            return node->start_mark.line + 1;
    }
    return 0;
}

size_t yaml_key_line(struct bytes text, const char *key)
{
    yaml_parser_t parser;
    yaml_document_t document;
    size_t line = 0;

    CHECK(yaml_parser_initialize(&parser));
    yaml_parser_set_input_string(
        &parser, text.data ? text.data : (const uint8_t *)"", text.size);
    if (yaml_parser_load(&parser, &document)) {
        line = find_line(&document, key);
        yaml_document_delete(&document);
    }
    yaml_parser_delete(&parser);
    return line;
}
