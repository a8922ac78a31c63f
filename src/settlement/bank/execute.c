/*
 * Executing one transaction, from its message to its writes.
 *
 * Two parts with a line between them. Before the fee, whatever is wrong leaves
 * no trace: the transaction is not in the block, and who sent it can send it
 * again. After the fee, whatever goes wrong is recorded: the fee was paid for
 * the work of finding out.
 *
 * Accounts are copies in the arena until commit(); programs' rows are in a
 * layer of their own (execution.rows). So a failure needs no undoing: nothing
 * was written yet. The same code simulates: without commit(), on a frozen bank.
 *
 * The order of the checks is Solana's, and it is not free: clients and
 * explorers see which error comes first, and whether a transaction with two
 * faults pays for them. tests/system/differential holds it against Solana's own
 * runtime.
 *
 * What it does not do: check signatures (transaction_verify(), by then done on
 * another thread), run transactions in parallel, or call a virtual machine: all
 * programs are native. The thread is the one that makes the block, or for a
 * simulation the caller's.
 *
 * Cost of a transfer: three accounts read, two encoded and put, a handful of
 * comparisons; what a program does comes on top.
 */
#include "base/check.h"
#include "base/error.h"
#include "settlement/bank/bank_internal.h"
#include "settlement/bank/lookup_table.h"
#include "settlement/bank/nonce_account.h"
#include "settlement/bank/sysvar.h"
#include "settlement/bank/transaction_context.h"
#include "settlement/format/compute_budget.h"
#include "settlement/format/well_known.h"

/* Counted for each loaded account besides its data (SIMD-0186). */
#define LOADED_ACCOUNT_OVERHEAD 64

/* Counted for each lookup table: its largest size (SIMD-0186). */
#define LOADED_TABLE_SIZE 8248

/*
 * One transaction on its way through. Invariants:
 *
 * 1. keys are the transaction's static keys, followed by those looked up;
 *    an index in an instruction is an index into them and into
 *    context.accounts.
 * 2. Until result->recorded nothing of it may be kept; from then on fee is
 *    charged whatever happens.
 * 3. state is never written to. rows is a child of the bank's state, or of a
 *    simulation's.
 * 4. All that was allocated lies in arena, which the caller frees.
 */
struct execution {
    const struct bank *bank;
    const struct state *state; /* accounts are read here */
    struct state *rows;        /* programs write their rows here */
    const struct transaction *transaction;
    const struct pubkey *keys; /* static ones, then those looked up */
    size_t key_count;
    struct arena *arena;
    struct bank_result *result;
    struct environment environment;
    struct transaction_context context;
    struct transaction_log log;
    struct compute_budget budget;
    struct hash message_hash;
    int nonce_index; /* of a durable nonce's account; -1: recent blockhash */
    uint64_t fee;
    uint64_t payer_before; /* lamports before the fee */
};

/* End with an error, before the fee or after it. It returns false, so that
 * checks can be chained; the first to fail is the one that is told. */
static bool fail(struct execution *execution, enum transaction_error error)
{
    execution->result->status = transaction_status_of(error);
    return false;
}

/* The same for an error that names an account or an instruction. */
static bool fail_at(struct execution *execution, enum transaction_error error,
                    size_t index)
{
    execution->result->status = (struct transaction_status){
        .error = (uint8_t)error, .index = (uint8_t)index};
    return false;
}

/* Resolve the addresses of a version 0 message in its lookup tables: writable
 * ones of all tables first, then read-only ones, as instructions count them.
 * The tables are read as of the state before this transaction. Which errors
 * there are is lookup_table_resolve()'s to say; all of them refuse without a
 * fee. */
static bool look_up_keys(struct execution *execution)
{
    const struct transaction *transaction = execution->transaction;
    size_t fixed = transaction->key_count;
    if (!transaction->lookup_count)
        return true;
    size_t count = fixed + transaction->lookup_writable_count +
                   transaction->lookup_readonly_count;
    struct pubkey *keys = arena_alloc(execution->arena, count * sizeof(*keys));
    struct account *tables = arena_alloc(
        execution->arena, transaction->lookup_count * sizeof(*tables));
    bool exists;
    for (size_t i = 0; i < transaction->lookup_count; i++)
        bank_load(execution->bank, execution->state,
                  transaction->lookups[i].table, execution->arena, &tables[i],
                  &exists);
    memcpy(keys, transaction->keys, fixed * sizeof(*keys));
    enum transaction_error error = lookup_table_resolve(
        transaction, tables, &execution->environment, keys + fixed);
    if (error)
        return fail(execution, error);
    execution->keys = keys;
    execution->key_count = count;
    execution->result->keys = keys;
    execution->result->key_count = count;
    execution->context.account_count = count;
    return true;
}

/* The limit on locked accounts comes before the search for doubles and bounds
 * it. Quadratic, but over 64 keys at most, and for the two or three of a
 * transfer quicker than anything with a table. */
static bool check_keys(struct execution *execution)
{
    if (!look_up_keys(execution))
        return false;
    if (execution->key_count > TRANSACTION_LOCKS_MAX)
        return fail(execution, TRANSACTION_TOO_MANY_ACCOUNT_LOCKS);
    for (size_t i = 1; i < execution->key_count; i++)
        for (size_t k = 0; k < i; k++)
            if (pubkey_equal(&execution->keys[i], &execution->keys[k]))
                return fail(execution, TRANSACTION_ACCOUNT_LOADED_TWICE);
    return true;
}

/*
 * True if a nonce account stands for the blockhash that the transaction names,
 * and its authority signs the instruction that advances it.
 *
 * index is that account's place, from nonce_index(). A nonce that equals the
 * one which would be made now was made on this very blockhash: it can't be
 * advanced, so the transaction is refused rather than charged to fail. Rule:
 * Solana's durable nonces, verify_nonce_account().
 */
static bool nonce_is_good(struct execution *execution, int index)
{
    const struct transaction *transaction = execution->transaction;
    const struct transaction_instruction *first = &transaction->instructions[0];
    struct account account;
    struct nonce nonce;
    struct hash next;
    bool exists;
    bank_load(execution->bank, execution->state, &transaction->keys[index],
              execution->arena, &account, &exists);
    if (!exists || !pubkey_equal(&account.owner, &SYSTEM_PROGRAM_ID) ||
        account.space != NONCE_ACCOUNT_SIZE ||
        nonce_decode(account.data, &nonce) || !nonce.initialized ||
        nonce.version != NONCE_CURRENT ||
        !hash_equal(&nonce.value, transaction->recent_blockhash))
        return false;
    nonce_of_blockhash(&execution->environment.blockhash, &next);
    if (hash_equal(&nonce.value, &next))
        return false;
    for (size_t i = 0; i < first->accounts.size; i++) {
        uint8_t at = first->accounts.data[i];
        if (transaction_is_signer(transaction, at) &&
            pubkey_equal(&execution->keys[at], &nonce.authority))
            return true;
    }
    return false;
}

/*
 * The blockhash is recent or a nonce; and no block since has had the same
 * message. A nonce can't be used twice, for it changes with its use.
 *
 * Only the blocks after the blockhash's own are asked (places 0 to age - 1),
 * and then this one: a transaction can't be in a block that ended before the
 * hash it names. So a young blockhash, which most have, costs few probes.
 */
static bool check_age(struct execution *execution)
{
    const struct bank *bank = execution->bank;
    const struct transaction *transaction = execution->transaction;
    int age = bank_find_recent(bank, transaction->recent_blockhash);
    execution->nonce_index = -1;
    if (age < 0) {
        int index = nonce_index(transaction);
        if (index < 0 || !nonce_is_good(execution, index))
            return fail(execution, TRANSACTION_BLOCKHASH_NOT_FOUND);
        execution->nonce_index = index;
    }
    for (int i = 0; i < age; i++)
        if (message_set_has(bank->recent[i].messages, &execution->message_hash))
            return fail(execution, TRANSACTION_ALREADY_PROCESSED);
    if (message_set_has(bank->messages, &execution->message_hash))
        return fail(execution, TRANSACTION_ALREADY_PROCESSED);
    return true;
}

/* The fee for the signatures and, if it bids one, the priority. A budget that
 * makes no sense (two of the same kind, a limit of zero) refuses the
 * transaction here. A sum past 2^64 is more than anybody has: it fails as such
 * in charge(). */
static bool compute_fee(struct execution *execution)
{
    struct transaction_status status =
        compute_budget_read(execution->transaction, &execution->budget);
    if (status.error) {
        execution->result->status = status;
        return false;
    }
    execution->fee = (uint64_t)BANK_LAMPORTS_PER_SIGNATURE *
                     execution->transaction->required_signatures;
    if (__builtin_add_overflow(execution->fee,
                               compute_budget_priority_fee(&execution->budget),
                               &execution->fee))
        execution->fee = UINT64_MAX;
    return true;
}

/*
 * Copy an account out of the state. Its data is borrowed until somebody writes
 * to it (own_data() in program.c). True if it exists; one that doesn't is
 * System's, empty and without lamports, and may be created.
 *
 * Sysvars and programs are never writable, whatever the message says: as on
 * Solana it is demoted without an error.
 */
static bool load_account(struct execution *execution, size_t index)
{
    CHECK(index < execution->key_count);
    struct loaded_account *loaded = &execution->context.accounts[index];
    const struct pubkey *key = &execution->keys[index];
    struct account account;
    bool exists;
    bank_load(execution->bank, execution->state, key, execution->arena,
              &account, &exists);
    *loaded = (struct loaded_account){
        .key = *key,
        .owner = account.owner,
        .lamports = account.lamports,
        .space = account.space,
        .data = (uint8_t *)account.data.data,
        .executable = account.executable,
        .rendered = account.rendered,
        .signer = transaction_is_signer(execution->transaction, index),
        .writable = transaction_is_writable(execution->transaction, index) &&
                    !sysvar_is_reserved(execution->bank->programs, key),
        .exists = exists,
        .lamports_before = account.lamports,
        .space_before = account.space};
    return exists;
}

/* Solana's RentState. An account is RENT_PAYING only as the genesis file made
 * it: no transaction brings one there. */
enum rent_state {
    RENT_UNINITIALIZED, /* no lamports */
    RENT_PAYING,        /* fewer than the minimum */
    RENT_EXEMPT,
};

/* What an account is in the eyes of the rent. */
static enum rent_state rent_state(uint64_t lamports, uint64_t space)
{
    if (!lamports)
        return RENT_UNINITIALIZED;
    return lamports >= rent_minimum_balance(space) ? RENT_EXEMPT : RENT_PAYING;
}

/* An account may stay below the minimum if it was, as long as it does not grow
 * in lamports or change in size; none may get there. Rule: the transitions of
 * solana-svm's RentState. lamports in roe, space in bytes. */
static bool rent_allows(uint64_t lamports_before, uint64_t space_before,
                        uint64_t lamports, uint64_t space)
{
    if (rent_state(lamports, space) != RENT_PAYING)
        return true;
    return rent_state(lamports_before, space_before) == RENT_PAYING &&
           space == space_before && lamports <= lamports_before;
}

/* What the payer must keep; sets the status if it can't pay at all. Only System
 * accounts pay, without data or with a nonce: whose lamports the owner of any
 * other account may need is not for the fee to decide. A nonce account keeps
 * its rent. The order of errors is Solana's validate_fee_payer. */
static bool payer_minimum(struct execution *execution,
                          const struct loaded_account *payer, uint64_t *minimum)
{
    struct nonce nonce;
    *minimum = 0;
    if (!payer->lamports)
        return fail(execution, TRANSACTION_ACCOUNT_NOT_FOUND);
    if (!pubkey_equal(&payer->owner, &SYSTEM_PROGRAM_ID))
        return fail(execution, TRANSACTION_INVALID_ACCOUNT_FOR_FEE);
    if (!payer->space)
        return true;
    if (payer->space != NONCE_ACCOUNT_SIZE ||
        nonce_decode(bytes_make(payer->data, payer->space), &nonce) ||
        !nonce.initialized)
        return fail(execution, TRANSACTION_INVALID_ACCOUNT_FOR_FEE);
    *minimum = rent_minimum_balance(NONCE_ACCOUNT_SIZE);
    return true;
}

/* Take the fee from the copy of the payer. The rent of what is left is judged
 * here, so lamports_before is what it has afterwards: the end of the
 * transaction is judged against that. */
static bool charge(struct execution *execution)
{
    struct loaded_account *payer = &execution->context.accounts[0];
    uint64_t minimum;
    load_account(execution, 0);
    if (!payer_minimum(execution, payer, &minimum))
        return false;
    if (payer->lamports < minimum || payer->lamports - minimum < execution->fee)
        return fail(execution, TRANSACTION_INSUFFICIENT_FUNDS_FOR_FEE);
    uint64_t after = payer->lamports - execution->fee;
    if (!rent_allows(payer->lamports, payer->space, after, payer->space))
        return fail_at(execution, TRANSACTION_INSUFFICIENT_FUNDS_FOR_RENT, 0);
    execution->payer_before = payer->lamports;
    payer->lamports = after;
    payer->lamports_before = after;
    payer->changed = true;
    return true;
}

/* Every program an instruction calls must be there and be one of ours. After
 * the fee, as on Solana: a transaction that calls nothing that can be called is
 * recorded and pays. A program is not writable while it is called. */
static bool check_programs(struct execution *execution)
{
    const struct transaction *transaction = execution->transaction;
    for (size_t i = 0; i < transaction->instruction_count; i++) {
        struct loaded_account *program =
            &execution->context
                 .accounts[transaction->instructions[i].program_index];
        if (!program->exists)
            return fail(execution, TRANSACTION_PROGRAM_ACCOUNT_NOT_FOUND);
        if (!pubkey_equal(&program->owner, &NATIVE_LOADER_ID))
            return fail(execution, TRANSACTION_INVALID_PROGRAM_FOR_EXECUTION);
        program->writable = false;
    }
    return true;
}

/* The other accounts (the payer was loaded by charge()), within the limit that
 * the transaction may have set itself. Sizes are counted as SIMD-0186 says; a
 * rendered account counts without its data, which nobody loads. */
static bool load_accounts(struct execution *execution)
{
    uint64_t size = execution->transaction->lookup_count * LOADED_TABLE_SIZE;
    for (size_t i = 0; i < execution->context.account_count; i++) {
        if (i)
            load_account(execution, i);
        const struct loaded_account *account = &execution->context.accounts[i];
        if (account->exists)
            size += LOADED_ACCOUNT_OVERHEAD +
                    (account->rendered ? 0 : account->space);
    }
    if (size > execution->budget.loaded_data_size_max)
        return fail(execution,
                    TRANSACTION_MAX_LOADED_ACCOUNTS_DATA_SIZE_EXCEEDED);
    return check_programs(execution);
}

/* What the instruction may do with each account is what the message says of it:
 * only calls from program to program narrow that. */
static enum instruction_error run_instruction(struct execution *execution,
                                              size_t index)
{
    const struct transaction_instruction *instruction =
        &execution->transaction->instructions[index];
    struct invocation_account accounts[TRANSACTION_KEYS_MAX];
    size_t count = instruction->accounts.size;
    execution->context.outer = (uint8_t)index;
    if (count > TRANSACTION_KEYS_MAX)
        return INSTRUCTION_MAX_ACCOUNTS_EXCEEDED;
    for (size_t i = 0; i < count; i++) {
        uint8_t at = instruction->accounts.data[i];
        accounts[i] = (struct invocation_account){
            .index = at,
            .signer = execution->context.accounts[at].signer,
            .writable = execution->context.accounts[at].writable};
    }
    return transaction_context_run(
        &execution->context,
        &execution->transaction->keys[instruction->program_index], accounts,
        count, instruction->data, 1);
}

/* All instructions in order, up to the first that fails; then the rent of what
 * they changed. At the end and not after each of them, for one may create an
 * account that the next one funds. The incinerator may hold anything: what it
 * gets is as good as gone. */
static bool run_instructions(struct execution *execution)
{
    struct transaction_context *context = &execution->context;
    for (size_t i = 0; i < execution->transaction->instruction_count; i++) {
        enum instruction_error error = run_instruction(execution, i);
        if (!error)
            continue;
        fail_at(execution, TRANSACTION_INSTRUCTION_ERROR, i);
        execution->result->status.instruction = (uint8_t)error;
        if (error == INSTRUCTION_CUSTOM)
            execution->result->status.custom = context->custom;
        return false;
    }
    for (size_t i = 0; i < context->account_count; i++) {
        const struct loaded_account *account = &context->accounts[i];
        if (account->changed && !pubkey_equal(&account->key, &INCINERATOR_ID) &&
            !rent_allows(account->lamports_before, account->space_before,
                         account->lamports, account->space))
            return fail_at(execution, TRANSACTION_INSUFFICIENT_FUNDS_FOR_RENT,
                           i);
    }
    return true;
}

/* Of a failed transaction only the fee stays, and that its nonce is used: else
 * who sees it fail could have it fail for a fee again and again. The accounts
 * are loaded anew, which forgets all that was done to the copies. The authority
 * and the other fields of the nonce stay as they were before. */
static void roll_back(struct execution *execution)
{
    struct transaction_context *context = &execution->context;
    CHECK(execution->payer_before >= execution->fee);
    uint64_t payer_after = execution->payer_before - execution->fee;
    for (size_t i = 0; i < context->account_count; i++)
        load_account(execution, i);
    context->accounts[0].lamports = payer_after;
    context->accounts[0].changed = true;
    if (execution->nonce_index < 0)
        return;
    struct loaded_account *account = &context->accounts[execution->nonce_index];
    struct nonce nonce;
    int r = nonce_decode(bytes_make(account->data, account->space), &nonce);
    CHECK(!r); /* nonce_is_good() */
    nonce_of_blockhash(&execution->environment.blockhash, &nonce.value);
    account->data = arena_alloc(execution->arena, NONCE_ACCOUNT_SIZE);
    nonce_encode(&nonce, account->data);
    account->changed = true;
}

/* Balances in roe by place among the keys. The payer's is the one before its
 * fee: clients subtract the one list from the other, and count the fee in. */
static void start_balances(struct execution *execution)
{
    struct bank_result *result = execution->result;
    size_t count = execution->context.account_count;
    uint64_t *balances = arena_alloc(execution->arena, count * 8);
    for (size_t i = 0; i < count; i++)
        balances[i] = execution->context.accounts[i].lamports_before;
    balances[0] = execution->payer_before;
    result->balances_before = balances;
    result->tokens_before_count = token_balances(
        execution->bank, execution->state, execution->context.accounts, count,
        execution->arena, &result->tokens_before);
}

/* After a roll-back, if there was one: a failed transaction shows its fee as
 * the only difference. */
static void end_balances(struct execution *execution)
{
    size_t count = execution->context.account_count;
    uint64_t *balances = arena_alloc(execution->arena, count * 8);
    for (size_t i = 0; i < count; i++)
        balances[i] = execution->context.accounts[i].lamports;
    execution->result->balances_after = balances;
    execution->result->tokens_after_count = token_balances(
        execution->bank, execution->state, execution->context.accounts, count,
        execution->arena, &execution->result->tokens_after);
}

/* Begin with what a refusal at the first check needs: a result that names the
 * static keys and has no error yet, and a context that knows its environment.
 * rows must be empty. */
static void start(struct execution *execution, const struct bank *bank,
                  const struct state *state, struct state *rows,
                  const struct transaction *transaction, unsigned want,
                  struct arena *arena, struct bank_result *result)
{
    CHECK(transaction->key_count && transaction->required_signatures);
    *result = (struct bank_result){.keys = transaction->keys,
                                   .key_count = transaction->key_count};
    *execution = (struct execution){.bank = bank,
                                    .state = state,
                                    .rows = rows,
                                    .transaction = transaction,
                                    .keys = transaction->keys,
                                    .key_count = transaction->key_count,
                                    .arena = arena,
                                    .result = result,
                                    .nonce_index = -1};
    bank_environment(bank, &execution->environment);
    execution->context = (struct transaction_context){
        .environment = &execution->environment,
        .programs = execution->bank->programs,
        .arena = arena,
        .state = rows,
        .account_count = transaction->key_count,
        .log = want & BANK_WANT_LOG ? &execution->log : NULL};
}

/* From the payer's fee on. Returns false if the transaction can't pay, and then
 * it is not recorded. The result's log, units and return data are those of what
 * was run, also where it failed: that is what a client looks for the reason in.
 */
static bool run(struct execution *execution, unsigned want)
{
    struct transaction_context *context = &execution->context;
    CHECK(context->account_count == execution->key_count);
    context->accounts = arena_alloc(
        execution->arena, context->account_count * sizeof(*context->accounts));
    context->compute_limit = execution->budget.unit_limit;
    if (!charge(execution))
        return false;
    execution->result->fee = execution->fee;
    execution->result->recorded = true;
    bool loaded = load_accounts(execution);
    if (want & BANK_WANT_BALANCES)
        start_balances(execution);
    if (!loaded || !run_instructions(execution))
        roll_back(execution);
    if (want & BANK_WANT_BALANCES)
        end_balances(execution);
    execution->result->compute_units = context->compute_used;
    execution->result->return_program = context->return_program;
    execution->result->return_data = context->return_data;
    execution->result->log = execution->log.lines;
    execution->result->log_count = execution->log.count;
    execution->result->inner = execution->context.inner;
    execution->result->inner_count = execution->context.inner_count;
    return true;
}

/* Apply all of it: accounts, programs' rows, counters, and that this message
 * was processed. Accounts that were not written to are left alone, so that a
 * block's layer holds what changed and no more. An account whose lamports are
 * gone is deleted by bank_store(). */
static void commit(struct bank *bank, struct execution *execution)
{
    CHECK(execution->result->recorded);
    struct transaction_context *context = &execution->context;
    for (size_t i = 0; i < context->account_count; i++) {
        const struct loaded_account *loaded = &context->accounts[i];
        if (!loaded->changed)
            continue;
        struct account account = {
            .lamports = loaded->lamports,
            .owner = loaded->owner,
            .executable = loaded->executable,
            .rendered = loaded->rendered,
            .space = loaded->space,
            .data =
                bytes_make(loaded->data, loaded->rendered ? 0 : loaded->space)};
        bank_store(bank, &loaded->key, &account, loaded->exists);
    }
    if (transaction_status_ok(execution->result->status))
        state_merge(execution->rows);
    else
        state_drop(execution->rows);
    bank->info.transaction_count++;
    bank->info.signature_count += execution->transaction->required_signatures;
    bank->info.fees += execution->fee;
    bank->info.compute_units += execution->result->compute_units;
    if (!bank->messages)
        bank->messages = message_set_new();
    message_set_add(bank->messages, &execution->message_hash);
}

/* The message's hash is taken before the first check that asks for it, over the
 * bytes that were signed: another signature of the same message is the same
 * transaction. */
void bank_execute(struct bank *bank, const struct transaction *transaction,
                  unsigned want, struct arena *arena,
                  struct bank_result *result)
{
    CHECK_MAGIC(bank, BANK_MAGIC);
    CHECK(!bank->info.frozen);
    struct execution execution;
    start(&execution, bank, bank->state, bank->scratch, transaction, want,
          arena, result);
    transaction_message_hash(transaction, &execution.message_hash);
    if (!check_keys(&execution) || !check_age(&execution) ||
        !compute_fee(&execution) || !run(&execution, want))
        return;
    commit(bank, &execution);
}

/* As bank_execute(), in a layer that is thrown away. The accounts handed back
 * are copies in the arena, or lie in the bank's layers and the base, both of
 * which outlive the call. */
void bank_simulate(const struct bank *bank, const struct state_base *base,
                   const struct transaction *transaction,
                   bool replace_blockhash, struct arena *arena,
                   struct bank_result *result, struct bank_after *after)
{
    CHECK_MAGIC(bank, BANK_MAGIC);
    const unsigned want = BANK_WANT_LOG | BANK_WANT_BALANCES;
    struct execution execution;
    struct state *state = bank_open_state(bank, base);
    struct bank_after left = {
        .bank = bank, .before = state, .rows = state_open_child(state)};
    start(&execution, bank, state, left.rows, transaction, want, arena, result);
    transaction_message_hash(transaction, &execution.message_hash);
    if (check_keys(&execution) &&
        (replace_blockhash || check_age(&execution)) && compute_fee(&execution))
        run(&execution, want);
    if (result->recorded && transaction_status_ok(result->status)) {
        left.accounts = execution.context.accounts;
        left.count = result->key_count;
    }
    if (after)
        *after = left;
    else
        bank_after_close(&left);
}

/* Rendered from the rows as the transaction left them. */
int bank_after_account(const struct bank_after *after, const struct pubkey *key,
                       struct arena *arena, struct account *out)
{
    size_t i = 0;
    while (i < after->count && !pubkey_equal(&after->accounts[i].key, key))
        i++;
    if (!after->accounts || i == after->count)
        return err_set(ERR_NOT_FOUND, "the transaction leaves no account %s",
                       PUBKEY_TEXT(key));
    const struct loaded_account *loaded = &after->accounts[i];
    *out = (struct account){
        .lamports = loaded->lamports,
        .owner = loaded->owner,
        .executable = loaded->executable,
        .rendered = loaded->rendered,
        .space = loaded->space,
        .data = bytes_make(loaded->data, loaded->rendered ? 0 : loaded->space)};
    int status = bank_account_data(after->bank, after->rows, key, out, arena,
                                   &out->data);
    out->rendered = false;
    out->space = out->data.size;
    return status;
}

void bank_after_close(struct bank_after *after)
{
    state_close(after->rows);
    state_close(after->before);
    *after = (struct bank_after){.bank = after->bank};
}
