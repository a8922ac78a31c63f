/*
 * Test vectors: files of tests/vectors as JSON, and hexadecimal text as bytes.
 */
#ifndef POND_TESTS_CRYPTO_VECTORS_H
#define POND_TESTS_CRYPTO_VECTORS_H

#include "test.h"

#include "base/error.h"
#include "base/file.h"
#include "base/hex.h"
#include "base/json.h"
#include <stdio.h>

static inline struct json_object *vectors_load(const char *name)
{
    char path[512];
    struct buffer text = {0};
    struct json_object *json;
    snprintf(path, sizeof(path), "%s/%s", VECTORS, name);
    assert_ok(file_read(path, 1u << 20, &text));
    assert_ok(json_parse(buffer_view(&text), &json));
    buffer_free(&text);
    return json;
}

static inline const char *vectors_text(struct json_object *object,
                                       const char *name)
{
    const char *text;
    assert_ok(json_get_text(object, name, &text));
    return text;
}

/* In memory of exactly its size, so that sanitizers see a read past it. */
static inline struct buffer vectors_hex(const char *text)
{
    struct buffer out = {0};
    assert_ok(hex_decode(bytes_text(text), &out));
    out.data = realloc(out.data, out.size ? out.size : 1);
    out.capacity = out.size;
    return out;
}

static inline struct buffer vectors_field(struct json_object *object,
                                          const char *name)
{
    return vectors_hex(vectors_text(object, name));
}

static inline void assert_hex(const void *data, size_t size, const char *hex)
{
    struct buffer text = {0};
    hex_encode(bytes_make(data, size), &text);
    assert_string_equal(buffer_string(&text), hex);
    buffer_free(&text);
}

#endif
