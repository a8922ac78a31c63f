#include "test.h"

#include "base/error.h"
#include "settlement/format/transaction_error.h"

static void assert_json(struct transaction_status status, const char *expected)
{
    struct buffer text = {0};
    struct json_writer writer = json_writer_make(&text);
    transaction_status_json(&writer, status);
    assert_string_equal(buffer_string(&text), expected);
    buffer_free(&text);
}

static void assert_words(struct transaction_status status, const char *expected)
{
    struct buffer text = {0};
    transaction_status_text(status, &text);
    assert_string_equal(buffer_string(&text), expected);
    buffer_free(&text);
}

static void test_values_have_solanas_json_and_words(void **unused)
{
    struct transaction_status status = {0};
    assert_json(status, "null");
    status.error = TRANSACTION_BLOCKHASH_NOT_FOUND;
    assert_json(status, "\"BlockhashNotFound\"");
    assert_words(status, "Blockhash not found");
    status.error = TRANSACTION_INSUFFICIENT_FUNDS_FOR_RENT;
    status.index = 3;
    assert_json(status, "{\"InsufficientFundsForRent\":{\"account_index\":3}}");
    assert_words(status, "Transaction results in an account (3) with "
                         "insufficient funds for rent");
    status.error = TRANSACTION_DUPLICATE_INSTRUCTION;
    assert_json(status, "{\"DuplicateInstruction\":3}");
    status.error = TRANSACTION_INSTRUCTION_ERROR;
    status.instruction = INSTRUCTION_CUSTOM;
    status.custom = 17;
    assert_json(status, "{\"InstructionError\":[3,{\"Custom\":17}]}");
    assert_words(status, "Error processing Instruction 3: custom program "
                         "error: 0x11");
    status.instruction = INSTRUCTION_MISSING_REQUIRED_SIGNATURE;
    assert_json(status,
                "{\"InstructionError\":[3,\"MissingRequiredSignature\"]}");
    assert_words(status, "Error processing Instruction 3: missing required "
                         "signature for instruction");
}

static void assert_survives(struct transaction_status status)
{
    struct buffer text = {0}, row = {0};
    struct json_object *json = NULL;
    struct transaction_status back;
    struct json_writer writer = json_writer_make(&text);
    transaction_status_json(&writer, status);
    assert_ok(json_parse(buffer_view(&text), &json));
    assert_ok(transaction_status_parse(json, &back));
    assert_memory_equal(&back, &status, sizeof(status));
    json_object_put(json);

    transaction_status_encode(status, &row);
    assert_int_equal(row.size, TRANSACTION_STATUS_SIZE);
    struct reader reader = reader_make(buffer_view(&row));
    assert_ok(transaction_status_decode(&reader, &back));
    assert_memory_equal(&back, &status, sizeof(status));
    buffer_free(&text);
    buffer_free(&row);
}

static void test_every_value_survives_json_and_row(void **unused)
{
    for (unsigned e = 0; e < TRANSACTION_ERROR_COUNT; e++) {
        struct transaction_status status = {0};
        status.error = (uint8_t)e;
        if (e == TRANSACTION_INSTRUCTION_ERROR ||
            e == TRANSACTION_DUPLICATE_INSTRUCTION ||
            e == TRANSACTION_INSUFFICIENT_FUNDS_FOR_RENT ||
            e == TRANSACTION_PROGRAM_EXECUTION_TEMPORARILY_RESTRICTED)
            status.index = 5;
        if (e != TRANSACTION_INSTRUCTION_ERROR) {
            assert_survives(status);
            continue;
        }
        for (unsigned i = 1; i < INSTRUCTION_ERROR_COUNT; i++) {
            status.instruction = (uint8_t)i;
            status.custom = i == INSTRUCTION_CUSTOM ? UINT32_MAX : 0;
            assert_survives(status);
        }
    }
}

static void test_what_is_no_error_is_refused(void **unused)
{
    const char *bad[] = {
        "\"Nonsense\"",
        "\"\"",
        "5",
        "{}",
        "{\"Nonsense\":1}",
        "{\"InstructionError\":[1]}",
        "{\"InstructionError\":[-1,\"Immutable\"]}",
        "{\"InstructionError\":[1,\"Nonsense\"]}",
        "{\"InstructionError\":[1,{\"Custom\":4294967296}]}",
        "{\"InsufficientFundsForRent\":{\"account_index\":256}}",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct json_object *json = NULL;
        struct transaction_status status;
        assert_ok(json_parse(bytes_text(bad[i]), &json));
        assert_int_not_equal(transaction_status_parse(json, &status), 0);
        json_object_put(json);
    }
    struct transaction_status status;
    struct reader reader =
        reader_make(bytes_make("\xff\0\0\0\0\0\0", TRANSACTION_STATUS_SIZE));
    assert_int_equal(transaction_status_decode(&reader, &status), ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_have_solanas_json_and_words),
        cmocka_unit_test(test_every_value_survives_json_and_row),
        cmocka_unit_test(test_what_is_no_error_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
