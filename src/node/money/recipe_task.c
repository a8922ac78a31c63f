/*
 * Recipes of the two task programs. They differ in the codec of their
 * instructions, and in where amounts come from and go to: coins of the keys
 * themselves, or tokens in the keys' associated accounts. What is the same for
 * both is written once, and add_task() chooses the program.
 *
 * Where a group of instructions fails halfway all of it is taken back, the
 * signers too: the instructions would be sent, and a signature that nothing
 * asks for is paid for all the same.
 */
#include "node/money/recipe_internal.h"

#include "base/check.h"
#include "base/error.h"
#include "settlement/format/kpl_instruction.h"
#include "settlement/format/task_address.h"
#include "settlement/format/task_distribution_list.h"
#include "settlement/format/well_known.h"

#include <inttypes.h>

const struct pubkey *recipe_program(bool is_kpl)
{
    return is_kpl ? &KPL_TASK_PROGRAM_ID : &KOII_TASK_PROGRAM_ID;
}

void recipe_use_token(struct recipe *recipe, const struct pubkey *mint)
{
    recipe->is_kpl = mint != NULL;
    recipe->mint = mint ? *mint : (struct pubkey){{0}};
}

static const struct pubkey *program_of(const struct recipe *recipe)
{
    return recipe_program(recipe->is_kpl);
}

/* The same instruction of the KPL program. Whose tokens move is the actor's
 * and the beneficiary's affair, each with the associated account. */
static int add_kpl_task(struct recipe *recipe,
                        const struct task_instruction *instruction,
                        const struct task_parties *parties)
{
    const struct kpl_instruction whole = {
        .task = *instruction,
        .stake_pot_seed = kpl_instruction_pot_seed(
            instruction->kind == TASK_UPDATE ? &parties->new_stake_pot
                                             : &parties->stake_pot)};
    const struct kpl_parties all = {
        .task = *parties,
        .mint = recipe->mint,
        .actor_tokens = recipe_tokens_of(&parties->actor, &recipe->mint),
        .other_tokens = recipe_tokens_of(&parties->other, &recipe->mint)};
    struct account_meta accounts[KPL_ACCOUNTS_MAX];
    struct buffer data = {0};
    int status = kpl_instruction_build(&whole, &data);

    if (!status) {
        size_t count =
            kpl_instruction_accounts(instruction->kind, 0, &all, accounts);

        recipe_add(recipe, &KPL_TASK_PROGRAM_ID, accounts, count,
                   buffer_view(&data));
    }
    buffer_free(&data);
    return status;
}

static int add_native_task(struct recipe *recipe,
                           const struct task_instruction *instruction,
                           const struct task_parties *parties)
{
    struct account_meta accounts[TASK_ACCOUNTS_MAX];
    struct buffer data = {0};
    int status = task_instruction_build(instruction, &data);

    if (!status) {
        size_t count =
            task_instruction_accounts(instruction->kind, 0, parties, accounts);

        recipe_add(recipe, &KOII_TASK_PROGRAM_ID, accounts, count,
                   buffer_view(&data));
    }
    buffer_free(&data);
    return status;
}

/* One instruction of the task program. signer: who signs besides the payer, or
 * NULL. An error comes from the codec (a text too long, say), before anything
 * was added. */
static int add_task(struct recipe *recipe,
                    const struct task_instruction *instruction,
                    const struct task_parties *parties,
                    const struct pubkey *signer)
{
    int status = recipe->is_kpl ? add_kpl_task(recipe, instruction, parties)
                                : add_native_task(recipe, instruction, parties);

    if (!status && signer)
        recipe_add_signer(recipe, signer);
    return status;
}

/* How far a recipe had got before a group of instructions. */
struct mark {
    size_t instruction_count, signer_count;
};

static struct mark mark(const struct recipe *recipe)
{
    return (struct mark){.instruction_count = recipe->instruction_count,
                         .signer_count = recipe->signer_count};
}

/* Take back what came since, after one of the group failed; status is passed
 * on. Their bytes stay in the arena until it is freed. */
static int undo(struct recipe *recipe, struct mark before, int status)
{
    if (status) {
        recipe->instruction_count = before.instruction_count;
        recipe->signer_count = before.signer_count;
    }
    return status;
}

/* The pot becomes an account of the token program in CreateTask itself, so it
 * signs; the bounty moves there. */
static int create_kpl(struct recipe *recipe, const struct pubkey *task,
                      const struct pubkey *stake_pot,
                      const struct task_terms *terms, uint64_t space_bytes)
{
    const struct pubkey *payer = &recipe->signers[0];
    const struct task_instruction instruction = {.kind = TASK_CREATE,
                                                 .terms = *terms};
    const struct task_parties parties = {
        .task = *task, .stake_pot = *stake_pot, .actor = *payer};
    struct mark before = mark(recipe);

    recipe_make_account(recipe, payer, task,
                        task_instruction_create_lamports(space_bytes),
                        space_bytes, &KPL_TASK_PROGRAM_ID);
    return undo(recipe, before,
                add_task(recipe, &instruction, &parties, stake_pot));
}

/* The pot's coins keep its account alive while there are no stakes. */
int recipe_create_task(struct recipe *recipe, const struct pubkey *task,
                       const struct pubkey *stake_pot,
                       const struct task_terms *terms, uint64_t space_bytes)
{
    const struct pubkey *payer = &recipe->signers[0];
    const struct task_instruction instruction = {.kind = TASK_CREATE,
                                                 .terms = *terms};
    const struct task_parties parties = {
        .task = *task, .stake_pot = *stake_pot, .actor = *payer};
    struct mark before = mark(recipe);

    CHECK(space_bytes > 0);
    if (recipe->is_kpl)
        return create_kpl(recipe, task, stake_pot, terms, space_bytes);
    recipe_make_account(recipe, payer, task,
                        task_instruction_create_lamports(space_bytes),
                        space_bytes, &KOII_TASK_PROGRAM_ID);
    int status = add_task(recipe, &instruction, &parties, task);
    if (!status)
        status =
            recipe_transfer(recipe, payer, stake_pot, TASK_STAKE_POT_LAMPORTS);
    return undo(recipe, before, status);
}

/* The old task's manager pays. In KPL the new pot is made, and signs; the
 * native one is an address that begins to hold coins. */
int recipe_update_task(struct recipe *recipe, const struct pubkey *task,
                       const struct pubkey *stake_pot,
                       const struct pubkey *new_task,
                       const struct pubkey *new_stake_pot,
                       const struct task_terms *terms, uint64_t space_bytes)
{
    const struct pubkey *payer = &recipe->signers[0];
    const struct task_instruction instruction = {.kind = TASK_UPDATE,
                                                 .terms = *terms};
    const struct task_parties parties = {.task = *task,
                                         .stake_pot = *stake_pot,
                                         .actor = *payer,
                                         .new_task = *new_task,
                                         .new_stake_pot = *new_stake_pot};
    struct mark before = mark(recipe);

    CHECK(space_bytes > 0);
    recipe_make_account(recipe, payer, new_task,
                        task_instruction_create_lamports(space_bytes),
                        space_bytes, program_of(recipe));
    int status = add_task(recipe, &instruction, &parties, new_task);
    if (!status && recipe->is_kpl)
        recipe_add_signer(recipe, new_stake_pot);
    return undo(recipe, before, status);
}

/* Straight from the payer's tokens. */
static int fund_kpl(struct recipe *recipe, const struct pubkey *task,
                    const struct pubkey *stake_pot, uint64_t amount)
{
    const struct pubkey *payer = &recipe->signers[0];
    const struct task_instruction instruction = {.kind = TASK_FUND,
                                                 .amount = amount};
    const struct task_parties parties = {
        .task = *task, .stake_pot = *stake_pot, .actor = *payer};

    return add_task(recipe, &instruction, &parties, payer);
}

/* The funder's key is used once and thrown away. */
int recipe_fund(struct recipe *recipe, const struct pubkey *task,
                const struct pubkey *stake_pot, const struct pubkey *funder,
                uint64_t amount)
{
    const struct task_instruction instruction = {.kind = TASK_FUND,
                                                 .amount = amount};
    const struct task_parties parties = {
        .task = *task,
        .stake_pot = *stake_pot,
        .actor = funder ? *funder : (struct pubkey){{0}}};
    uint64_t cost = task_instruction_fund_lamports();
    struct mark before = mark(recipe);

    if (recipe->is_kpl)
        return fund_kpl(recipe, task, stake_pot, amount);
    CHECK(funder);
    if (amount > UINT64_MAX - cost)
        return err_set(ERR_RANGE, "no task can be given %" PRIu64 " roe",
                       amount);
    recipe_make_account(recipe, &recipe->signers[0], funder, cost + amount,
                        TASK_FUNDER_SPACE, &KOII_TASK_PROGRAM_ID);
    return undo(recipe, before,
                add_task(recipe, &instruction, &parties, funder));
}

/* A key that has only been sent coins still belongs to the System program. */
int recipe_account_read(const struct client_account *account, bool is_kpl,
                        struct recipe_account *out)
{
    static const struct pubkey system_program;

    *out = (struct recipe_account){.is_new = true};
    if (!account)
        return 0;
    out->lamports = account->lamports;
    if (pubkey_equal(&account->owner, &system_program))
        return 0;
    out->is_new = false;
    if (!pubkey_equal(&account->owner, recipe_program(is_kpl)))
        return err_set(ERR_STATE,
                       "the account of %s belongs to the program %s and not "
                       "to the task program %s",
                       PUBKEY_TEXT(&account->key), PUBKEY_TEXT(&account->owner),
                       PUBKEY_TEXT(recipe_program(is_kpl)));
    return 0;
}

/* The staking key's tokens are its own while they are staked from there. */
static void give_tokens(struct recipe *recipe, const struct pubkey *staking,
                        uint64_t amount)
{
    recipe_token_account(recipe, staking, &recipe->mint);
    recipe_token_transfer(recipe, &recipe->signers[0], staking, &recipe->mint,
                          amount);
}

/* Funding and staking land together or not at all. Coins that a new key was
 * sent count for what its account costs: afterwards only the program could move
 * them. */
int recipe_stake(struct recipe *recipe, const struct pubkey *task,
                 const struct pubkey *stake_pot, const struct pubkey *staking,
                 const struct recipe_account *key, uint64_t amount,
                 const char *address)
{
    const struct pubkey *payer = &recipe->signers[0];
    const struct task_instruction instruction = {.kind = TASK_STAKE,
                                                 .amount = amount,
                                                 .ip_address =
                                                     bytes_text(address)};
    const struct task_parties parties = {
        .task = *task, .stake_pot = *stake_pot, .actor = *staking};
    uint64_t cost = task_instruction_stake_lamports();
    struct mark before = mark(recipe);
    int status = 0;

    CHECK(staking && address && key);
    if (recipe->is_kpl)
        give_tokens(recipe, staking, amount);
    else if (amount > UINT64_MAX - cost)
        return err_set(ERR_RANGE, "%" PRIu64 " roe can't be staked", amount);
    else
        cost += amount;
    if (key->is_new)
        recipe_make_account(recipe, payer, staking,
                            cost > key->lamports ? cost - key->lamports : 0,
                            TASK_STAKING_KEY_SPACE, program_of(recipe));
    else if (!recipe->is_kpl)
        status = recipe_transfer(recipe, payer, staking, amount);
    if (!status)
        status = add_task(recipe, &instruction, &parties, staking);
    return undo(recipe, before, status);
}

/* The program refuses while own submissions are recent. Coins move to the
 * claimable balance and not to the key: claiming is a step of its own. */
int recipe_withdraw(struct recipe *recipe, const struct pubkey *task,
                    const struct pubkey *staking)
{
    const struct task_instruction instruction = {.kind = TASK_WITHDRAW};
    const struct task_parties parties = {.task = *task, .actor = *staking};

    return add_task(recipe, &instruction, &parties, staking);
}

/* All there is: the instruction has no amount. */
int recipe_claim(struct recipe *recipe, const struct pubkey *task,
                 const struct pubkey *stake_pot, const struct pubkey *staking,
                 const struct pubkey *beneficiary)
{
    const struct task_instruction instruction = {.kind = TASK_CLAIM_REWARD};
    const struct task_parties parties = {.task = *task,
                                         .stake_pot = *stake_pot,
                                         .actor = *staking,
                                         .other = *beneficiary};
    struct mark before = mark(recipe);

    if (recipe->is_kpl)
        recipe_token_account(recipe, beneficiary, &recipe->mint);
    return undo(recipe, before,
                add_task(recipe, &instruction, &parties, staking));
}

int recipe_empty(struct recipe *recipe, const struct pubkey *task,
                 const struct pubkey *stake_pot, const struct pubkey *staking,
                 const struct pubkey *beneficiary, uint64_t amount)
{
    const struct task_instruction instruction = {
        .kind = TASK_STAKE, .amount = amount, .ip_address = bytes_text("")};
    const struct task_parties parties = {
        .task = *task, .stake_pot = *stake_pot, .actor = *staking};
    struct mark before = mark(recipe);
    int status = add_task(recipe, &instruction, &parties, staking);

    if (!status)
        status = recipe_withdraw(recipe, task, staking);
    if (!status)
        status = recipe_claim(recipe, task, stake_pot, staking, beneficiary);
    return undo(recipe, before, status);
}

/* Both directions. Whether the key is a manager at all is the program's to
 * know. */
int recipe_set_active(struct recipe *recipe, const struct pubkey *task,
                      const struct pubkey *manager, bool is_active)
{
    const struct task_instruction instruction = {.kind = TASK_SET_ACTIVE,
                                                 .flag = is_active};
    const struct task_parties parties = {.task = *task, .actor = *manager};

    return add_task(recipe, &instruction, &parties, manager);
}

/* The value's padding is the codec's affair. */
int recipe_submit(struct recipe *recipe, const struct pubkey *task,
                  const struct pubkey *staking, uint64_t round,
                  struct bytes value)
{
    const struct task_instruction instruction = {
        .kind = TASK_SUBMIT, .value = value, .round = round};
    const struct task_parties parties = {.task = *task, .actor = *staking};

    return add_task(recipe, &instruction, &parties, staking);
}

/* Accusation, vote against and defence are one instruction. */
static int add_audit(struct recipe *recipe, enum task_instruction_kind kind,
                     const struct pubkey *task, const struct pubkey *staking,
                     uint64_t round, const struct pubkey *other, bool is_valid)
{
    const struct task_instruction instruction = {
        .kind = kind, .flag = is_valid, .round = round};
    const struct task_parties parties = {
        .task = *task, .actor = *staking, .other = *other};

    return add_task(recipe, &instruction, &parties, staking);
}

/* other: whose submission. */
int recipe_audit(struct recipe *recipe, const struct pubkey *task,
                 const struct pubkey *staking, uint64_t round,
                 const struct pubkey *candidate, bool is_valid)
{
    return add_audit(recipe, TASK_AUDIT_SUBMISSIONS, task, staking, round,
                     candidate, is_valid);
}

/* other: whose list. */
int recipe_audit_list(struct recipe *recipe, const struct pubkey *task,
                      const struct pubkey *staking, uint64_t round,
                      const struct pubkey *submitter, bool is_valid)
{
    return add_audit(recipe, TASK_AUDIT_DISTRIBUTION, task, staking, round,
                     submitter, is_valid);
}

/* Without space: the program lets it grow with each chunk. */
void recipe_list_account(struct recipe *recipe, const struct pubkey *list,
                         const struct recipe_account *account,
                         uint64_t lamports)
{
    const struct pubkey *payer = &recipe->signers[0];
    uint64_t missing =
        lamports > account->lamports ? lamports - account->lamports : 0;

    if (account->is_new)
        recipe_make_account(recipe, payer, list, missing, 0,
                            program_of(recipe));
    else if (missing)
        (void)recipe_transfer(recipe, payer, list, missing);
}

/* The account that signs is the one that is written. */
int recipe_upload(struct recipe *recipe, const struct pubkey *task,
                  const struct pubkey *list, uint64_t round, struct bytes data,
                  size_t chunk)
{
    const struct task_parties parties = {.task = *task, .data_account = *list};
    struct task_instruction instruction;

    task_list_chunk(data, chunk, round, &instruction);
    return add_task(recipe, &instruction, &parties, list);
}

/* The data account signs, too, so that no key can name the account of another.
 * It says that the uploads are complete; the chain can't know it otherwise. */
int recipe_submit_list(struct recipe *recipe, const struct pubkey *task,
                       const struct pubkey *staking, const struct pubkey *list,
                       uint64_t round)
{
    const struct task_instruction instruction = {
        .kind = TASK_SUBMIT_DISTRIBUTION_LIST, .round = round};
    const struct task_parties parties = {
        .task = *task, .actor = *staking, .data_account = *list};
    struct mark before = mark(recipe);

    recipe_add_signer(recipe, list);
    return undo(recipe, before,
                add_task(recipe, &instruction, &parties, staking));
}

/* No signer of its own: anyone may pay for it. */
int recipe_payout(struct recipe *recipe, const struct pubkey *task,
                  uint64_t round, const struct pubkey *data_account)
{
    const struct task_instruction instruction = {.kind = TASK_PAYOUT,
                                                 .round = round};
    const struct task_parties parties = {.task = *task,
                                         .data_account = *data_account};

    return add_task(recipe, &instruction, &parties, NULL);
}
