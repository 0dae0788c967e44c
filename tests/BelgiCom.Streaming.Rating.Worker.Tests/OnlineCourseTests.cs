using BelgiCom.Streaming.Contracts;
using CsCheck;

namespace BelgiCom.Streaming.Rating.Worker.Tests;

/// <summary>
/// Any course of parallel sessions of one subscriber, beside a model that knows nothing but what was reported and answered.
/// </summary>
public sealed class OnlineCourseTests
{
    private const int Cases = 150;
    private const long MiB = 1 << 20;
    private const long Money = 120_000_000;

    // What may happen: which session; 0 to 4 its next request, 5 two requests of which the later one comes first, 6 an earlier report
    // again, 7 time passes, 8 a report comes in a file, too; how much of the quota is used, in hundredths; how much more is wanted; what
    // becomes of the transaction: 0 and 1 aborted and done again, 2 committed but the process ends before it answers, else committed.
    private static readonly Gen<(int Session, int What, int Used, int Wanted, int Fate)[]> AnySteps = Gen.Select(
        Gen.Int[0, 3], Gen.Int[0, 8], Gen.Int[0, 120], Gen.Int[0, 8], Gen.Int[0, 8]).Array[1, 30];

    private static readonly OfferingVersion[] Offerings =
    [
        RatingLanes.Prepaid(),
        RatingLanes.Prepaid() with { QuotaValiditySeconds = 60 },
        RatingLanes.Offering(),
        RatingLanes.PriceList() with
        {
            PaymentMethod = PaymentMethod.PrePaid,
            Prices =
            [
                RatingLanes.Offering().Prices[0] with { Id = "texts" },
                RatingLanes.Offering().Prices[1] with { Id = "data", Increment = 64 << 10, Minimum = 128 << 10, ConnectFee = 0.001m },
            ],
        },
    ];

    /// <summary>
    /// Each octet that was reported and answered is rated, once; the money that is gone is what that costs; nothing is held any more when
    /// all sessions are released, or silent for two days.
    /// </summary>
    [Fact]
    public void AnyCourse_ChargesWhatWasReported_AndHoldsNothingInTheEnd() =>
        Gen.Select(Gen.Int[0, Offerings.Length - 1], Gen.Bool, AnySteps).Sample(
            (offering, isReleased, steps) =>
            {
                Course course = new(Offerings[offering]);
                foreach ((int session, int what, int used, int wanted, int fate) in steps)
                {
                    course.Step(session, what, used, wanted * MiB, fate);
                    course.Check();
                }

                course.End(isReleased);
                course.Check();
            },
            iter: Cases);

    private sealed class Course
    {
        private readonly OnlineLaneTests.Online _online;
        private readonly bool _isPrepaid;
        private readonly Dictionary<int, (long Began, int Sequence, long Granted)> _open = [];
        private readonly List<(int Session, int Sequence, long Began, long Octets, int Id)> _answered = [];
        private int _received;
        private int _id;

        public Course(OfferingVersion offering)
        {
            _isPrepaid = offering.PaymentMethod == PaymentMethod.PrePaid;
            _online = new OnlineLaneTests.Online(_isPrepaid ? Money : null, offering);
        }

        public void Step(int session, int what, int used, long wanted, int fate)
        {
            bool isOpen = _open.TryGetValue(session, out (long Began, int Sequence, long Granted) known);
            long octets = known.Granted * used / 100;
            switch (what)
            {
                case 5 when isOpen:
                    int earlier = ++_id;
                    Report(QuotaOperation.Update, session, known.Sequence + 2, known.Began, octets / 2, ++_id, wanted, fate);
                    if (_open.ContainsKey(session))
                    {
                        // It must not replace the grant of the later one, whatever it wants.
                        QuotaAccount before = _online.Account;
                        Report(QuotaOperation.Update, session, known.Sequence + 1, known.Began, octets / 2, earlier, 99 * MiB, fate);
                        Assert.Equal(before.Reservation.ReservedNanos, _online.Account.Reservation.ReservedNanos);
                    }

                    break;
                case 6 when _answered.Count > 0:
                    (int other, int sequence, long began, long reported, int id) = _answered[used % _answered.Count];
                    QuotaAccount found = _online.Account;
                    _online.Ask(QuotaOperation.Update, (ulong)other, sequence, wanted, began, reported, id, fate);
                    Assert.Equal(found.Reservation.MoneyNanos, _online.Account.Reservation.MoneyNanos);
                    break;
                case 7:
                    // Behind the validity of quotas, and now and then two days.
                    _online.Lanes.Clock.Advance(used > 110 ? TimeSpan.FromDays(2) : TimeSpan.FromMinutes(used));
                    break;
                case 8 when _answered.Count > 0:
                    (_, _, _, long told, int again) = _answered[used % _answered.Count];
                    _online.Lanes.Receive(OnlineLaneTests.Online.Used(again, told));
                    _online.Lanes.Run(_online.Handler, _received);
                    _received = _online.Lanes.Log[Topics.UsageReceived, 0].Count;
                    break;
                default:
                    QuotaOperation next = !isOpen ? QuotaOperation.Create : what == 0 ? QuotaOperation.Release : QuotaOperation.Update;
                    Report(next, session, isOpen ? known.Sequence + 1 : 0, isOpen ? known.Began : null, octets, ++_id, wanted, fate);
                    break;
            }
        }

        public void Check()
        {
            IReadOnlyList<UsageRated> rated = _online.Lanes.Rated;
            Assert.Equal(
                _answered.Select(one => (RatingLanes.Data(one.Id, 0).UsageId, one.Octets)).Order(),
                rated.Select(one => (one.UsageId, one.TotalOctets)).Order());
            Assert.All(_online.Lanes.Rejected, one => Assert.Equal(RejectedOutcome.Duplicate, one.Outcome));
            long gone = rated.Sum(one => Nanos.FromDecimal(one.Amount));
            ReservationState reservation = _online.Account.Reservation;
            Assert.Equal(_isPrepaid ? Money - gone : null, reservation.MoneyNanos);
            Assert.All(reservation.Sessions.Values, quota => Assert.True(quota.HeldNanos >= 0 && quota.HeldUnits >= 0));
        }

        public void End(bool isReleased)
        {
            if (isReleased)
            {
                foreach ((int session, (long began, int sequence, long granted)) in _open.ToArray())
                {
                    Report(QuotaOperation.Release, session, sequence + 1, began, granted, ++_id, wanted: null, fate: 7);
                }
            }
            else
            {
                _online.Lanes.Clock.Advance(TimeSpan.FromDays(2));
            }

            // A restore begins a checkpoint, which looks for silent sessions.
            _online.Restart();
            while (_online.Lanes.RunIdle(_online.Handler))
            {
            }

            QuotaAccount account = _online.Account;
            Assert.Equal((0, 0), (account.Reservation.ReservedNanos, account.Reservation.ReservedUnits));
            Assert.Empty(account.Reservation.Sessions);
            Assert.All(account.Sessions.Values, session => Assert.True(session.HasEnded));
        }

        private void Report(
            QuotaOperation operation, int session, int sequence, long? began, long octets, int id, long? wanted, int fate)
        {
            bool isReport = operation != QuotaOperation.Create;
            OnlineReply reply = _online.Ask(
                operation, (ulong)session, sequence, operation == QuotaOperation.Release ? null : wanted, began, isReport ? octets : null,
                id, fate);
            if (reply.Result == OnlineResult.UnknownSession)
            {
                // It was silent for too long: what it used comes with its record.
                _open.Remove(session);
                return;
            }

            Assert.Equal(OnlineResult.Answered, reply.Result);
            if (isReport)
            {
                _answered.Add((session, sequence, began!.Value, octets, id));
            }

            if (operation == QuotaOperation.Release)
            {
                _open.Remove(session);
            }
            else if (!_open.TryGetValue(session, out (long Began, int Sequence, long Granted) known) || sequence > known.Sequence)
            {
                _open[session] = (reply.BeganMilliseconds, sequence, reply.Grants[0].Answer.GrantedUnits);
            }
        }
    }
}
