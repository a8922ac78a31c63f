/*
 * A bank's accounts: reading them, writing them, showing them to clients.
 */
#include "base/check.h"
#include "base/error.h"
#include "settlement/bank/bank_internal.h"
#include "settlement/bank/sysvar.h"

/* Sysvars and native programs come first, so no row can shadow them. A row that
 * does not decode means a broken disk: the process ends. */
void bank_load(const struct bank *bank, const struct state *state,
               const struct pubkey *key, struct arena *arena,
               struct account *out, bool *exists)
{
    uint8_t row_key[ACCOUNT_KEY_SIZE];
    struct bytes row;
    *exists = sysvar_account(bank, key, arena, out);
    if (*exists)
        return;
    account_key(key, row_key);
    *exists = state_get(state, bytes_make(row_key, sizeof(row_key)), &row);
    if (!*exists)
        *out = (struct account){.lamports = 0};
    else
        CHECK(!account_decode(row, out));
}

/* Like Solana, forget accounts without lamports. */
void bank_store(struct bank *bank, const struct pubkey *key,
                const struct account *account, bool existed)
{
    uint8_t row_key[ACCOUNT_KEY_SIZE];
    account_key(key, row_key);
    struct bytes row = bytes_make(row_key, sizeof(row_key));
    if (!account->lamports) {
        state_delete(bank->state, row);
        return;
    }
    buffer_clear(&bank->row);
    account_encode(account, &bank->row);
    if (existed)
        state_put(bank->state, row, buffer_view(&bank->row));
    else
        state_add(bank->state, row, buffer_view(&bank->row));
}

/* Rendering a task costs the size of its text; account->space has the length
 * for less. */
int bank_account_data(const struct bank *bank, const struct state *state,
                      const struct pubkey *key, const struct account *account,
                      struct arena *arena, struct bytes *out)
{
    *out = account->data;
    if (!account->rendered)
        return 0;
    const struct program *program =
        program_table_find(bank->programs, &account->owner);
    if (!program || !program->render)
        return err_set(ERR_CORRUPT, "no program can render the account %s",
                       PUBKEY_TEXT(key));
    struct buffer text = {0};
    int status = program->render(state, key, account, &text);
    if (!status)
        *out = arena_bytes(arena, buffer_view(&text));
    buffer_free(&text);
    return status;
}

/* A missing account is an error because clients get one. */
int bank_account(const struct bank *bank, const struct state *state,
                 const struct pubkey *key, struct arena *arena,
                 struct account *out)
{
    CHECK_MAGIC(bank, BANK_MAGIC);
    bool exists;
    bank_load(bank, state, key, arena, out, &exists);
    if (!exists)
        return err_set(ERR_NOT_FOUND, "there is no account %s",
                       PUBKEY_TEXT(key));
    int status = bank_account_data(bank, state, key, out, arena, &out->data);
    if (status)
        return status;
    out->rendered = false;
    out->space = out->data.size;
    return 0;
}
