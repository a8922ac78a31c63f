/*
 * node:diagnostics_channel: named channels, and the five of a traced call.
 */
'use strict';

(function ({ load, report }) {
  const { arg_type, check_function } = load('node/errors');
  const channels = new Map();

  function check_name(name) {
    if (typeof name !== 'string' && typeof name !== 'symbol')
      throw arg_type('channel', 'of type string or symbol', name);
  }

  class Channel {
    constructor(name) {
      this.name = name;
      this._subscribers = [];
      this._stores = new Map();
    }
    get hasSubscribers() {
      return this._subscribers.length > 0 || this._stores.size > 0;
    }
    subscribe(heard) {
      check_function(heard, 'subscription');
      this._subscribers = [...this._subscribers, heard];
    }
    unsubscribe(heard) {
      const place = this._subscribers.indexOf(heard);
      if (place < 0)
        return false;
      this._subscribers = this._subscribers.toSpliced(place, 1);
      return true;
    }
    /* An error of a subscriber is not the publisher's. */
    publish(message) {
      for (const heard of this._subscribers)
        try {
          heard(message, this.name);
        } catch (error) {
          process.nextTick(report, error);
        }
    }
    bindStore(store, transform) {
      this._stores.set(store, transform);
    }
    unbindStore(store) {
      return this._stores.delete(store);
    }
    runStores(message, own, receiver, ...values) {
      let run = () => {
        this.publish(message);
        return Reflect.apply(own, receiver, values);
      };
      for (const [store, transform] of this._stores) {
        const inner = run;
        run = () => store.run(transform ? transform(message) : message, inner);
      }
      return run();
    }
  }

  function channel(name) {
    check_name(name);
    if (!channels.has(name))
      channels.set(name, new Channel(name));
    return channels.get(name);
  }

  const stages = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'];

  class TracingChannel {
    constructor(given) {
      for (const stage of stages)
        this[stage] = typeof given === 'string'
          ? channel(`tracing:${given}:${stage}`) : given[stage];
    }
    get hasSubscribers() {
      return stages.some((stage) => this[stage]?.hasSubscribers);
    }
    subscribe(handlers) {
      for (const stage of stages)
        if (handlers[stage])
          this[stage]?.subscribe(handlers[stage]);
    }
    unsubscribe(handlers) {
      return stages.filter((stage) => handlers[stage])
        .map((stage) => this[stage]?.unsubscribe(handlers[stage]))
        .every(Boolean);
    }
    traceSync(own, context = {}, receiver, ...values) {
      return this.start.runStores(context, () => {
        try {
          context.result = Reflect.apply(own, receiver, values);
          return context.result;
        } catch (error) {
          context.error = error;
          this.error.publish(context);
          throw error;
        } finally {
          this.end.publish(context);
        }
      });
    }
    tracePromise(own, context = {}, receiver, ...values) {
      const settled = (name, value) => {
        context[name] = value;
        if (name === 'error')
          this.error.publish(context);
        this.asyncStart.publish(context);
        this.asyncEnd.publish(context);
      };
      return this.start.runStores(context, () => {
        try {
          return Promise.resolve(Reflect.apply(own, receiver, values)).then(
            (value) => {
              settled('result', value);
              return value;
            }, (reason) => {
              settled('error', reason);
              throw reason;
            });
        } catch (error) {
          context.error = error;
          this.error.publish(context);
          throw error;
        } finally {
          this.end.publish(context);
        }
      });
    }
    traceCallback(own, place = -1, context = {}, receiver, ...values) {
      const callback = values.at(place);
      check_function(callback, 'callback');
      const traced = (error, result) => {
        if (error) {
          context.error = error;
          this.error.publish(context);
        } else {
          context.result = result;
        }
        this.asyncStart.runStores(context, () => {
          try {
            return callback(error, result);
          } finally {
            this.asyncEnd.publish(context);
          }
        });
      };
      values.splice(place, 1, traced);
      return this.start.runStores(context, () => {
        try {
          return Reflect.apply(own, receiver, values);
        } catch (error) {
          context.error = error;
          this.error.publish(context);
          throw error;
        } finally {
          this.end.publish(context);
        }
      });
    }
  }

  return {
    Channel, channel,
    hasSubscribers: (name) => channels.get(name)?.hasSubscribers ?? false,
    subscribe: (name, heard) => channel(name).subscribe(heard),
    unsubscribe: (name, heard) => channel(name).unsubscribe(heard),
    tracingChannel: (name) => new TracingChannel(name),
  };
})
