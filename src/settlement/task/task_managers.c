/*
 * Each program has one list, at an address derived from the program. It is
 * written whole at each change because it has at most 1,028 bytes and changes a
 * few times in a network's life.
 *
 * The first manager is whoever wins a race: init takes any signer while the
 * account does not exist. To avoid that a network names its managers in the
 * genesis (task_managers_build()), and then init always fails.
 *
 * The list is never empty once it exists: otherwise nobody could change it
 * again or allow-list tasks.
 */
#include "settlement/task/task_managers.h"
#include "base/check.h"
#include "settlement/task/task_call.h"

/* The length u32 and the keys. */
#define LIST_SIZE_MAX (4 + 32 * TASK_MANAGERS_MAX)

void task_managers_build(const struct pubkey *managers, size_t count,
                         struct buffer *out)
{
    CHECK(managers && count >= 1 && count <= TASK_MANAGERS_MAX);
    buffer_u32le(out, (uint32_t)count);
    for (size_t i = 0; i < count; i++)
        buffer_bytes(out, pubkey_bytes(&managers[i]));
}

/* Read the keys in data and return their number; -1 if data is no list, as in
 * an account that somebody only sent lamports to. */
static int list_managers(struct bytes data,
                         struct pubkey out[TASK_MANAGERS_MAX])
{
    struct reader reader = reader_make(data);
    uint32_t count;
    if (reader_u32le(&reader, &count) || count > TASK_MANAGERS_MAX ||
        reader.left.size != count * sizeof(*out))
        return -1;
    for (uint32_t i = 0; i < count; i++)
        CHECK(!reader_copy(&reader, &out[i], 32));
    return (int)count;
}

/* The key's place, or -1. */
static int find(const struct pubkey *managers, int count,
                const struct pubkey *key)
{
    for (int i = 0; i < count; i++) {
        if (pubkey_equal(&managers[i], key))
            return i;
    }
    return -1;
}

bool task_managers_contain(struct bytes data, const struct pubkey *key)
{
    struct pubkey managers[TASK_MANAGERS_MAX];
    /* The count is -1 if data is no list: nothing is found. */
    return find(managers, list_managers(data, managers), key) >= 0;
}

/* The size changes first, so that the write fits and nothing of a longer list
 * is left. */
static enum instruction_error
write_list(struct task_call *call, const struct pubkey *managers, size_t count)
{
    struct buffer data = {0};
    task_managers_build(managers, count, &data);
    CHECK(data.size <= LIST_SIZE_MAX);
    enum instruction_error error =
        invocation_resize(call->invocation, 0, data.size);
    if (!error)
        error = invocation_write(call->invocation, 0, 0, buffer_view(&data));
    buffer_free(&data);
    return error;
}

/* The signer becomes the first manager. The list's account must not exist yet;
 * the client transfers its rent later in the transaction. It is adopted because
 * nobody holds the address's key. */
static enum instruction_error init(struct task_call *call)
{
    enum instruction_error error = task_call_require_signer(call, 1);
    if (!error)
        error = invocation_adopt(call->invocation, 0);
    return error ? error : write_list(call, task_call_key(call, 1), 1);
}

/* Two managers must sign, so that one stolen key can't take the list over. A
 * single manager stands in both places. */
static enum instruction_error
check_signers(struct task_call *call, const struct pubkey *managers, int count)
{
    const struct pubkey *first = task_call_key(call, 1);
    const struct pubkey *second = task_call_key(call, 2);
    enum instruction_error error = task_call_require_signer(call, 1);
    if (!error)
        error = task_call_require_signer(call, 2);
    if (error)
        return error;
    if (find(managers, count, first) < 0 || find(managers, count, second) < 0)
        return task_call_fail(call, TASK_ERROR_NOT_OWNER,
                              "both signers must be managers");
    if (count > 1 && pubkey_equal(first, second))
        return task_call_fail(call, TASK_ERROR_NOT_OWNER,
                              "two different managers must sign");
    return INSTRUCTION_OK;
}

/* The last manager's key replaces the removed one because the order means
 * nothing. */
static enum instruction_error change(struct task_call *call)
{
    struct pubkey managers[TASK_MANAGERS_MAX];
    enum instruction_error error = invocation_require(call->invocation, 4);
    if (error)
        return error;
    int count = list_managers(invocation_data(call->invocation, 0), managers);
    if (count < 1)
        return INSTRUCTION_UNINITIALIZED_ACCOUNT;
    error = check_signers(call, managers, count);
    if (error)
        return error;
    const struct pubkey *target = task_call_key(call, 3);
    int place = find(managers, count, target);
    if (call->instruction.operation == TASK_MANAGER_INSERT) {
        if (place >= 0)
            return task_call_fail(call, TASK_ERROR_DUPLICATE,
                                  "%s is a manager already",
                                  PUBKEY_TEXT(target));
        if (count == TASK_MANAGERS_MAX)
            return task_call_fail(call, TASK_ERROR_FULL,
                                  "there are %d managers already", count);
        CHECK(count < TASK_MANAGERS_MAX);
        managers[count] = *target;
        return write_list(call, managers, (size_t)count + 1);
    }
    if (place < 0)
        return task_call_fail(call, TASK_ERROR_NOT_OWNER, "%s is no manager",
                              PUBKEY_TEXT(target));
    /* TASK_ERROR_FULL stands for both limits of the list. */
    if (count == 1)
        return task_call_fail(call, TASK_ERROR_FULL, "the last manager stays");
    CHECK(place < count);
    managers[place] = managers[count - 1];
    return write_list(call, managers, (size_t)count - 1);
}

/* The address is checked before anything is read. */
enum instruction_error task_managers_handle(struct task_call *call)
{
    struct pubkey address = task_call_manager_list(call);
    if (!pubkey_equal(task_call_key(call, 0), &address)) {
        invocation_log(call->invocation, "%s is not the manager list",
                       PUBKEY_TEXT(task_call_key(call, 0)));
        return INSTRUCTION_INVALID_SEEDS;
    }
    return call->instruction.operation == TASK_MANAGER_INIT ? init(call)
                                                            : change(call);
}
