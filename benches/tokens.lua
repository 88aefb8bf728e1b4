-- Sends the tokens of the file $TOKENS in rotation, or none without one; $TARGET is the path.
local requests, at = {}, 0

function init()
   local path = os.getenv("TARGET")
   local file = os.getenv("TOKENS")
   if file and file ~= "" then
      for token in io.lines(file) do
         requests[#requests + 1] = wrk.format("GET", path, { Authorization = "Bearer " .. token })
      end
   else
      requests[1] = wrk.format("GET", path)
   end
end

function request()
   at = at % #requests + 1
   return requests[at]
end
