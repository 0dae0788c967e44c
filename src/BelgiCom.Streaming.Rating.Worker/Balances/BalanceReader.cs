using System.Collections.Concurrent;
using BelgiCom.Streaming.Kafka;
using Confluent.Kafka;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>
/// Knows what all subscribers have, by reading what the lanes committed: their state once, and then rated usage, accounts and operations as
/// they come. It has a thread, a consumer and a copy of the balances of its own, so a question takes nothing from the lanes. It reads on
/// before it answers: an answer has all that was committed before it was asked for.
/// </summary>
/// <param name="options">Settings of the worker.</param>
/// <param name="connect">Opens the log, whenever reading begins.</param>
/// <param name="open">Opens the topics.</param>
/// <param name="clock">Clock.</param>
/// <param name="logger">Told of faults.</param>
internal sealed class BalanceReader(
    RatingOptions options, Func<CancellationToken, ICommittedLog> connect, Func<CancellationToken, Task<RatingTopics>> open,
    TimeProvider clock, ILogger logger) : BackgroundService
{
    // Most questions that wait: each is answered with the others that came meanwhile, so more of them means that nobody answers.
    private const int MostWaiting = 10_000;
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly ConcurrentQueue<Question> _questions = [];
    private readonly SemaphoreSlim _wake = new(0);

    /// <summary>
    /// Asks on the reader's thread, with all that is committed now.
    /// </summary>
    /// <returns>The answer; fails with <see cref="TimeoutException"/> when there is none in time.</returns>
    public async Task<T> AskAsync<T>(Func<BalanceBook, T> ask, CancellationToken aborted)
    {
        TaskCompletionSource<T> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_questions.Count >= MostWaiting)
        {
            throw new TimeoutException();
        }

        _questions.Enqueue(new Question(
            book =>
            {
                if (!answer.Task.IsCompleted)
                {
                    answer.TrySetResult(ask(book));
                }
            },
            failure => answer.TrySetException(failure)));
        _wake.Release();
        try
        {
            return await answer.Task.WaitAsync(options.Balances.RequestTimeout, clock, aborted).ConfigureAwait(false);
        }
        finally
        {
            answer.TrySetCanceled(CancellationToken.None);
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _wake.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                RatingTopics topics = await open(stoppingToken).ConfigureAwait(false);

                // Reading waits for the broker, so it has a thread of its own.
                await Task.Factory.StartNew(
                    () => Follow(topics, stoppingToken), stoppingToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)
                    .ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure) when (failure is KafkaException or SchemaRegistryException or ClientFailedException
                or UnreadableStateException or TimeoutException)
            {
                // The lanes know best what to do about it. Questions wait for their timeouts, and are told to ask again.
                RatingLog.BalancesBehind(logger, failure.GetType().Name);
                await Task.Delay(RetryAfter, clock, stoppingToken).ConfigureAwait(false);
            }
        }
    }

    private void Follow(RatingTopics topics, CancellationToken stopping)
    {
        using ICommittedLog log = connect(stopping);
        BalanceBook book = new(log, options, topics, clock, logger);
        book.Restore();
        RatingLog.BalancesRead(logger, book.Partitions);
        while (!stopping.IsCancellationRequested)
        {
            Question[] asked = [.. Take()];
            book.ReadOn();
            foreach (Question question in asked)
            {
                Answer(question, book);
            }

            // Without questions it keeps up, so that the next one has little to read.
            _wake.Wait(options.ReferencePollInterval, stopping);
        }
    }

    private IEnumerable<Question> Take()
    {
        for (int left = _questions.Count; left > 0 && _questions.TryDequeue(out Question? question); left--)
        {
            yield return question;
        }
    }

    private static void Answer(Question question, BalanceBook book)
    {
        try
        {
            question.Answer(book);
        }
        catch (Exception failure) when (failure is ArgumentException or InvalidOperationException or OverflowException)
        {
            question.Fail(failure);
        }
    }

    private sealed record Question(Action<BalanceBook> Answer, Action<Exception> Fail);
}
