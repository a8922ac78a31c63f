/*
 * Executing one transaction, from its message to its writes.
 *
 * There are two parts. A transaction that fails before the fee leaves no trace:
 * it is not in the block, and can be sent again. A transaction that fails after
 * the fee is recorded: the fee pays for the work of finding out.
 *
 * Accounts are copies in the arena until commit(), and programs' rows are in a
 * layer of their own (execution.rows). So a failure needs no undoing. The same
 * code simulates on a frozen bank, without commit().
 *
 * The order of the checks is Solana's and must stay so: clients and explorers
 * see which error comes first, and whether a transaction with two faults pays.
 * tests/system/differential compares it with Solana's own runtime.
 *
 * Signatures are checked before, on another thread (transaction_verify()).
 * Transactions run one by one, and all programs are native.
 *
 * Cost of a transfer: three accounts read, two encoded and put, and a handful
 * of comparisons.
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

/* Bytes that count for each loaded account besides its data (SIMD-0186). */
#define LOADED_ACCOUNT_OVERHEAD 64

/* Bytes that count for each lookup table: its largest size (SIMD-0186). */
#define LOADED_TABLE_SIZE 8248

/*
 * One transaction on its way through. Invariants:
 *
 * 1. keys are the transaction's static keys, then those looked up; an
 *    instruction's indexes are indexes into them and into context.accounts.
 * 2. Until result->recorded is set nothing may be kept; from then on the fee is
 *    charged whatever happens.
 * 3. state is never written to. rows is a child of the bank's state, or of a
 *    simulation's.
 * 4. All memory is from arena, which the caller frees.
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

/* End with an error. Returns false, so that checks can be chained: the first to
 * fail is reported. */
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

/* Resolve the addresses of a version 0 message in its lookup tables, as of the
 * state before this transaction. All errors refuse without a fee. */
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
 * it. The search is quadratic over at most 64 keys, and for the two or three
 * keys of a transfer faster than a table. */
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
 * True if the nonce account at index, from nonce_index(), holds the blockhash
 * that the transaction names, and its authority signs the instruction that
 * advances it.
 *
 * A nonce that equals the one that would be made now can't be advanced, so the
 * transaction is refused and not charged to fail. Source: Solana's durable
 * nonces, verify_nonce_account().
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
 * The blockhash must be recent or a nonce, and no block since may have had the
 * same message. A nonce can't be used twice because it changes with its use.
 *
 * Only the blocks after the blockhash's own are asked (places 0 to age - 1),
 * and this one: a transaction can't be in a block that ended before the hash it
 * names. So a young blockhash, the common case, costs few probes.
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

/* The fee for the signatures and for the priority. A budget that can't be read
 * refuses the transaction here. Nobody can pay a sum past 2^64, which fails in
 * charge(). */
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
 * Copy an account out of the state. Its data is borrowed until the first write
 * (own_data() in program.c). Returns whether the account exists; a missing one
 * is System's, empty and without lamports.
 *
 * Sysvars and programs are never writable, whatever the message says; as on
 * Solana that is no error.
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

/* The lamports that the payer must keep; sets the status if the account may not
 * pay. Only System accounts pay, without data or with a nonce, because other
 * programs need their accounts' lamports. A nonce account keeps its rent. The
 * order of errors is that of Solana's validate_fee_payer. */
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

/* Take the fee from the copy of the payer. The rent of the rest is checked
 * here, so lamports_before is set to the rest: the check at the end of the
 * transaction starts from that. */
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

/* Every program that an instruction calls must exist and be native. As on
 * Solana this comes after the fee: a transaction that calls something else is
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

/* Load the other accounts (charge() loaded the payer), within the limit that
 * the transaction may have set. Sizes count as in SIMD-0186; the data of a
 * rendered account is not loaded and does not count. */
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

/* The instruction has the rights that the message gives; only calls from
 * program to program narrow them. */
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

/* Run all instructions in order, up to the first that fails, then check the
 * rent of the changed accounts. The check comes at the end because an
 * instruction may create an account that the next one funds. The incinerator
 * may hold any balance. */
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

/* Only the fee of a failed transaction stays, and its nonce is used up:
 * otherwise anybody could send the transaction again and again, and each time
 * it would cost a fee. Loading the accounts anew forgets all changes to the
 * copies. The nonce's authority and other fields stay as they were before. */
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
    int status =
        nonce_decode(bytes_make(account->data, account->space), &nonce);
    CHECK(!status); /* nonce_is_good() */
    nonce_of_blockhash(&execution->environment.blockhash, &nonce.value);
    account->data = arena_alloc(execution->arena, NONCE_ACCOUNT_SIZE);
    nonce_encode(&nonce, account->data);
    account->changed = true;
}

/* Balances in roe by place among the keys. The payer's is the one before the
 * fee: clients subtract the lists and expect the fee in the difference. */
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

/* Called after a roll-back: the only difference of a failed transaction is its
 * fee. */
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

/* Begin with what a refusal at the first check needs: a result with the static
 * keys and without error, and a context with its environment. rows must be
 * empty. */
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

/* Charge the fee and run the instructions. Returns false if the transaction
 * can't pay, and then it is not recorded. The result's log, units and return
 * data are also those of a failed run, so that clients find the reason there.
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

/* Apply everything: accounts, programs' rows, counters, and that this message
 * was processed. Only changed accounts are written, so that a block's layer
 * holds no more. bank_store() deletes an account without lamports. */
static void commit(struct bank *bank, struct execution *execution)
{
    CHECK(execution->result->recorded);
    struct transaction_context *context = &execution->context;
    for (size_t i = 0; i < context->account_count; i++) {
        const struct loaded_account *loaded = &context->accounts[i];
        if (!loaded->changed)
            continue;
        struct account account = loaded_account_value(loaded);
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

/* The message's hash is over the bytes that were signed: another signature of
 * the same message is the same transaction. */
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

/* The accounts that are returned lie in the arena, the bank's layers or the
 * base, which all outlive the call. */
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
