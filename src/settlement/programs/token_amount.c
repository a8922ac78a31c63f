/*
 * Amounts as text, and the instructions that only answer. Their answer is
 * return data, for callers that don't know how the program counts: another
 * program, or a client through simulateTransaction.
 *
 * Amounts are integers of base units everywhere, and the point is put in for
 * people only. So no floating point is used, and a text is exact whatever the
 * decimals.
 */
#include "settlement/programs/token_internal.h"

#include "base/decimal.h"
#include "base/error.h"

/* Of the longest text that is read: 255 decimals, a digit before them, a point.
 */
#define FORMATTED_DIGITS_MAX 257

/* amount = amount * 10 + digit, for each digit; false past 64 bits or at
 * another character. */
static bool add_digits(struct bytes digits, uint64_t *amount)
{
    for (size_t i = 0; i < digits.size; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9')
            return false;
        if (__builtin_mul_overflow(*amount, (uint64_t)10, amount) ||
            __builtin_add_overflow(*amount, (uint64_t)(digits.data[i] - '0'),
                                   amount))
            return false;
    }
    return true;
}

/* The point is optional, and so are the digits before it or after it, but not
 * both. Zeros at the end don't count as decimals: 1.50 at one decimal is valid.
 */
static int parse_amount(struct bytes text, uint8_t decimals, uint64_t *out)
{
    const uint8_t *point = text.size ? memchr(text.data, '.', text.size) : NULL;
    size_t whole_size = point ? (size_t)(point - text.data) : text.size;
    struct bytes whole = bytes_make(text.data, whole_size);
    struct bytes part = {0};
    if (point)
        part = bytes_make(point + 1, text.size - whole_size - 1);
    part = bytes_trim_right(part, '0');
    bool is_empty = !whole.size && !part.size;
    /* Solana's program fills up the zeros and then uses Rust's number parser,
     * which takes a plus if a digit follows. */
    if (whole.size + decimals > 1 && whole.size && whole.data[0] == '+')
        whole = bytes_make(whole.data + 1, whole.size - 1);
    if (is_empty || part.size > decimals ||
        whole_size + decimals > FORMATTED_DIGITS_MAX)
        return err_set(ERR_INVALID, "no amount with at most %u decimals",
                       decimals);
    uint64_t amount = 0;
    bool fits = add_digits(whole, &amount) && add_digits(part, &amount);
    /* Fill up the decimals that the text left out. */
    for (size_t i = part.size; fits && i < decimals; i++)
        fits = add_digits(bytes_make("0", 1), &amount);
    if (!fits)
        return err_set(ERR_INVALID,
                       "the amount is no number, or does not fit 64 bits");
    *out = amount;
    return 0;
}

/* All three instructions are about a mint, which must be the program's. */
static enum instruction_error read_checked_mint(const struct token_call *call,
                                                struct token_record *mint)
{
    enum instruction_error error = token_require(call, 1);
    if (!error)
        error = token_check_owner(call, 0);
    if (error)
        return error;
    if (token_read_mint(call, 0, mint))
        return token_fail(call, TOKEN_ERROR_INVALID_MINT);
    return INSTRUCTION_OK;
}

/* All accounts have one size here. In Token-2022 the size depends on the mint's
 * extensions, so callers ask. */
enum instruction_error token_get_account_data_size(struct token_call *call)
{
    struct token_record mint;
    uint8_t size[8];
    enum instruction_error error = read_checked_mint(call, &mint);
    if (error)
        return error;
    u64le_write(size, TOKEN_ACCOUNT_SIZE);
    invocation_set_return_data(call->invocation,
                               bytes_make(size, sizeof(size)));
    return INSTRUCTION_OK;
}

/* Data: amount u64. */
enum instruction_error token_amount_to_ui_amount(struct token_call *call)
{
    struct token_record mint;
    struct reader reader = reader_make(call->data);
    struct buffer text = {0};
    uint64_t amount;
    if (reader_u64le(&reader, &amount))
        return token_fail(call, TOKEN_ERROR_INVALID_INSTRUCTION);
    enum instruction_error error = read_checked_mint(call, &mint);
    if (error)
        return error;
    decimal_units(amount, token_mint_decimals(&mint), &text);
    invocation_set_return_data(call->invocation, buffer_view(&text));
    buffer_free(&text);
    return INSTRUCTION_OK;
}

/* Data: the text, to its end. */
enum instruction_error token_ui_amount_to_amount(struct token_call *call)
{
    struct token_record mint;
    uint64_t amount = 0;
    uint8_t raw[8];
    if (!bytes_is_utf8(call->data))
        return token_fail(call, TOKEN_ERROR_INVALID_INSTRUCTION);
    enum instruction_error error = read_checked_mint(call, &mint);
    if (error)
        return error;
    if (parse_amount(call->data, token_mint_decimals(&mint), &amount))
        return INSTRUCTION_INVALID_ARGUMENT;
    u64le_write(raw, amount);
    invocation_set_return_data(call->invocation, bytes_make(raw, sizeof(raw)));
    return INSTRUCTION_OK;
}
