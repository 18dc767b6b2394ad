// An open model in k6: as many iterations a second as asked for, each a different call.
import http from "k6/http";
import exec from "k6/execution";

export const options = {
  discardResponseBodies: true,
  scenarios: {
    calls: {
      executor: "constant-arrival-rate",
      rate: Number(__ENV.RATE),
      timeUnit: "1s",
      duration: `${__ENV.SECONDS}s`,
      preAllocatedVUs: Number(__ENV.USERS),
      gracefulStop: "5s",
    },
  },
  summaryTrendStats: ["p(50)", "p(99)", "max"],
};

const [head, tail] = open(__ENV.BODY).split("00000000");
const parameters = {
  headers: { "Content-Type": "application/json", Authorization: __ENV.KEY },
  timeout: "5s",
};

export default function () {
  const number = String(exec.scenario.iterationInTest).padStart(8, "0");
  http.post(__ENV.URL, head + number + tail, parameters);
}
