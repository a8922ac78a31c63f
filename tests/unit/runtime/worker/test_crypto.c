/*
 * Cryptography in a real worker: it gives what Node gives
 * (tests/vectors/node_crypto.json), and what OpenSSL holds is given back.
 */
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "bed.h"
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define FILE_SIZE_MAX (1u << 20)

static void append_file(struct buffer *out, const char *folder,
                        const char *name)
{
    struct buffer path = {0};
    buffer_format(&path, "%s/%s", folder, name);
    assert_int_equal(file_read(buffer_string(&path), FILE_SIZE_MAX, out), 0);
    buffer_free(&path);
}

/* The files of cases. common.js runs them. */
static const char *const parts[] = {
    "ciphers",  "hashes",      "keys",       "signatures",
    "new_keys", "subtle_keys", "subtle_use",
};

/* A file as an expression: what it exports. */
static void append_module(struct buffer *out, const char *name)
{
    struct buffer file = {0};
    buffer_format(&file, "%s.js", name);
    buffer_text(out, "(function (module) {\n");
    append_file(out, POND_TESTS "/js/crypto", buffer_string(&file));
    buffer_text(out, "\nreturn module.exports; })({})");
    buffer_free(&file);
}

static void make_source(struct buffer *out)
{
    buffer_text(out, "const common = ");
    append_module(out, "common");
    buffer_text(out, ";\nconst parts = [");
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        append_module(out, parts[i]);
        buffer_text(out, ",\n");
    }
    buffer_text(out,
                "];\n"
                "require('@_koii/task-manager').initializeTaskManager({\n"
                "  async task() {\n"
                "    const all = {};\n"
                "    for (const part of parts)\n"
                "      Object.assign(all, await common.run(part(common)));\n"
                "    return all;\n"
                "  },\n"
                "});\n");
}

/* The outcomes that the worker gives; json_object_put() them. */
static struct json_object *take_outcomes(void)
{
    struct bed bed;
    struct buffer source = {0};
    struct json_object *outcomes;
    make_source(&source);
    bed_start(&bed, buffer_string(&source));
    struct bed_result call = bed_call(&bed, "task", "[1]", BED_CALL_MS);
    if (call.status)
        fail_msg("%s\n%s", call.text, call.stack);
    assert_int_equal(json_parse(bytes_text(call.json), &outcomes), 0);
    bed_result_free(&call);
    bed_close(&bed);
    buffer_free(&source);
    return outcomes;
}

static void test_outcomes_are_those_of_node(void **state)
{
    struct buffer text = {0};
    struct json_object *expected, *outcomes = take_outcomes();
    unsigned wrong = 0;
    append_file(&text, POND_VECTORS, "node_crypto.json");
    assert_int_equal(json_parse(buffer_view(&text), &expected), 0);
    assert_true(json_object_object_length(expected) >= 600);
    json_object_object_foreach(expected, name, value)
    {
        struct json_object *given = NULL;
        json_object_object_get_ex(outcomes, name, &given);
        if (given && json_object_equal(given, value))
            continue;
        wrong++;
        print_error("%s\n  Node: %s\n  here: %s\n", name,
                    json_object_to_json_string(value),
                    given ? json_object_to_json_string(given) : "nothing");
    }
    assert_int_equal(wrong, 0);
    assert_int_equal(json_object_object_length(outcomes),
                     json_object_object_length(expected));
    json_object_put(expected);
    json_object_put(outcomes);
    buffer_free(&text);
}

static void test_odd_arguments_are_errors_and_end_no_worker(void **state)
{
    struct bed bed;
    struct buffer source = {0};
    buffer_text(&source, "const common = ");
    append_module(&source, "common");
    buffer_text(&source, ";\nconst odd = ");
    append_module(&source, "odd");
    buffer_text(&source,
                ";\n"
                "require('@_koii/task-manager').initializeTaskManager({\n"
                "  task: () => odd(common),\n"
                "});\n");
    bed_open(&bed);
    struct host_options options = bed_options(&bed, buffer_string(&source));
    /* scrypt takes 16 MB at a time, and the address sanitiser keeps hundreds of
     * MB of what was freed. */
    options.limits.memory_bytes = BED_MEMORY_MB < 128 ? 512u << 20 : 4ull << 30;
    bed_start_with(&bed, &options);
    struct bed_result call = bed_call(&bed, "task", "[1]", BED_CALL_MS);
    if (call.status)
        fail_msg("%s\n%s", call.text, call.stack);
    assert_true(strtoul(call.json, NULL, 10) > 40000);
    print_message("# %s calls\n", call.json);
    bed_result_free(&call);
    bed_close(&bed);
    buffer_free(&source);
}

/* Each round begins 20,000 operations and leaves most of them to the
 * collector, which sees only what JavaScript holds of them. */
static const char rounds[] =
    "const c = require('crypto');\n"
    "const { privateKey, publicKey } = c.generateKeyPairSync('ed25519');\n"
    "const jwk = publicKey.export({ format: 'jwk' });\n"
    "const data = Buffer.alloc(100);\n"
    "function round() {\n"
    "  for (let count = 0; count < 4000; count++) {\n"
    "    c.createHash('sha512').update(data);\n"
    "    c.createHmac('sha256', data).update(data);\n"
    "    c.createCipheriv('aes-256-gcm', data.subarray(0, 32), data)\n"
    "      .update(data);\n"
    "    c.createPublicKey({ key: jwk, format: 'jwk' });\n"
    "    c.sign(null, data, privateKey);\n"
    "  }\n"
    "}\n"
    "require('@_koii/task-manager').initializeTaskManager({\n"
    "  async task() {\n"
    "    round();\n"
    "    const before = process.memoryUsage().rss;\n"
    "    for (let count = 0; count < 5; count++) {\n"
    "      round();\n"
    "      await new Promise((resolve) => setTimeout(resolve, 1));\n"
    "    }\n"
    "    return process.memoryUsage().rss - before;\n"
    "  },\n"
    "});\n";

/* Growth that is no leak: the collector's and the allocator's room. A context
 * that is lost in each operation would be 100 MB. */
#define GROWTH_MAX (24 << 20)

static void test_memory_stays_flat_over_100000_operations(void **state)
{
    struct bed bed;
    struct json_object *growth;
    bed_start(&bed, rounds);
    struct bed_result call = bed_call(&bed, "task", "[1]", BED_CALL_MS);
    if (call.status)
        fail_msg("%s\n%s", call.text, call.stack);
    assert_int_equal(json_parse(bytes_text(call.json), &growth), 0);
#if !defined(__SANITIZE_ADDRESS__)
    print_message("# grown by %" PRId64 " KB\n",
                  json_object_get_int64(growth) / 1024);
    assert_true(json_object_get_int64(growth) < GROWTH_MAX);
#endif
    json_object_put(growth);
    bed_result_free(&call);
    bed_close(&bed);
}

/* C runs no JavaScript meanwhile, so the node must end the worker. */
static void test_a_long_derivation_ends_at_the_calls_limit(void **state)
{
    struct bed bed;
    bed_start(&bed, "require('@_koii/task-manager').initializeTaskManager({\n"
                    "  task: () => require('crypto').pbkdf2Sync('a', 'b',\n"
                    "    2 ** 31 - 1, 64, 'sha512'),\n"
                    "});\n");
    struct bed_result call = bed_call(&bed, "task", "[1]", 200);
    assert_int_equal(call.status, ERR_TIMEOUT);
    assert_int_equal(call.limit, HOST_LIMIT_TIME);
    bed_result_free(&call);
    bed_wait_end(&bed);
    assert_int_equal(bed.end_limit, HOST_LIMIT_TIME);
    bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outcomes_are_those_of_node),
        cmocka_unit_test(test_odd_arguments_are_errors_and_end_no_worker),
        cmocka_unit_test(test_memory_stays_flat_over_100000_operations),
        cmocka_unit_test(test_a_long_derivation_ends_at_the_calls_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
